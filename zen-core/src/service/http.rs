//! Asking services over HTTP.

use std::time::Duration;

use bytes::Bytes;
use ureq::Agent;

use super::Token;

/// No answer of a service is read further than this.
const LARGEST: u64 = 1 << 30;

/// A client that keeps its connections. Cheap to clone; clones share the connections.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    agent: Agent,
}

/// What came back, whatever the status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json_length: Option<String>,
    pub(crate) body: Bytes,
}

/// A body to send.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    pub(crate) content_type: &'a str,
    /// The length of the JSON part of a body with binary tensors.
    pub(crate) json_length: Option<usize>,
    pub(crate) bytes: &'a [u8],
}

impl Http {
    /// Whatever takes longer than `timeout` from connecting to the last byte fails.
    pub(crate) fn new(timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(timeout.min(Duration::from_secs(5))))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(64)
            .max_idle_connections_per_host(64)
            // A service of this machine or network: what the environment says of the wide world doesn't hold.
            .proxy(None)
            .user_agent(concat!("zen/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into() }
    }

    pub(crate) fn get(&self, url: &str) -> Result<Answer, ureq::Error> {
        read(self.agent.get(url).call()?)
    }

    pub(crate) fn post(
        &self,
        url: &str,
        token: Option<&Token>,
        body: &Body<'_>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(url).header("Content-Type", body.content_type);
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {}", token.reveal()));
        }
        if let Some(length) = body.json_length {
            request = request.header("Inference-Header-Content-Length", length.to_string());
        }
        read(request.send(body.bytes)?)
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let header = response.headers().get("Inference-Header-Content-Length");
    let json_length = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec()?;
    Ok(Answer {
        status,
        json_length,
        body: body.into(),
    })
}

/// What an error body says, in whichever of the usual forms.
pub(crate) fn message(body: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let said = json.as_ref().and_then(|json| {
        ["error", "message", "detail"]
            .iter()
            .find_map(|key| json.get(key))
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    });
    let text = said.unwrap_or_else(|| {
        String::from_utf8_lossy(&body[..body.len().min(2000)])
            .trim()
            .to_owned()
    });
    match text.is_empty() {
        true => "no reason given".into(),
        false => text,
    }
}
