//! Messages to a web hook.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Alert, AlertError, Alerter, AlerterKind};
use crate::secrets::Secret;
use crate::stack::{Flavor, Opened, Opening};

struct Webhook;

#[derive(Deserialize, JsonSchema)]
struct Config {
    /// Where messages are posted, as JSON `{"text": ".."}`, which chat systems' incoming web hooks take. Secret: whoever knows it may post.
    url: Secret,
    /// The bearer token to send with them.
    token: Option<Secret>,
    /// How long to wait for the answer, in seconds.
    #[serde(default = "ten")]
    timeout: u16,
}

fn ten() -> u16 {
    10
}

struct Poster {
    config: Config,
    agent: ureq::Agent,
}

impl Poster {
    fn new(config: Config) -> Opened<Self> {
        if !["http://", "https://"]
            .iter()
            .any(|scheme| config.url.reveal().starts_with(scheme))
        {
            return Err("its `url` begins with neither `http://` nor `https://`".into());
        }
        let settings = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(config.timeout.max(1).into())))
            .http_status_as_error(false)
            // A message that is sent on as a question for a page hasn't arrived.
            .max_redirects(0)
            .build();
        Ok(Self {
            agent: settings.into(),
            config,
        })
    }

    /// Scheme, host and port. The path of a web hook is its password.
    fn place(&self) -> String {
        let url = self.config.url.reveal();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        format!("{scheme}://{host}")
    }

    fn failed(&self, reason: impl fmt::Display) -> AlertError {
        // What a client says of a failure may repeat the URL.
        let reason = reason.to_string().replace(self.config.url.reveal(), "***");
        AlertError {
            location: self.place(),
            reason: crate::secrets::redact(&reason).into_owned(),
        }
    }
}

impl fmt::Debug for Poster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "webhook at {}", self.place())
    }
}

impl Alerter for Poster {
    fn post(&self, alert: &Alert) -> Result<(), AlertError> {
        let mut request = self
            .agent
            .post(self.config.url.reveal())
            .header("content-type", "application/json");
        if let Some(token) = &self.config.token {
            request = request.header("authorization", format!("Bearer {}", token.reveal()));
        }
        let body = serde_json::json!({ "text": alert.text }).to_string();
        let answer = request.send(body).map_err(|error| self.failed(error))?;
        match answer.status().is_success() {
            true => Ok(()),
            false => Err(self.failed(format_args!("it answered {}", answer.status()))),
        }
    }
}

impl Flavor for Webhook {
    type Kind = AlerterKind;
    type Config = Config;
    const NAME: &'static str = "webhook";
    const DOC: &'static str = "Posts messages to a URL, such as a chat system's incoming web hook.";

    fn open(config: Config, _: &Opening<'_>) -> Opened<Arc<dyn Alerter>> {
        Ok(Arc::new(Poster::new(config)?))
    }

    fn location(config: &Config, _: &Opening<'_>) -> String {
        let url = config.url.clone();
        let config = Config {
            url,
            token: None,
            timeout: config.timeout,
        };
        Poster::new(config).map_or_else(|_| Self::NAME.to_owned(), |poster| poster.place())
    }

    /// Posts nothing: whatever the server says of a `GET` shows that it is there.
    fn check(config: Config, _: &Opening<'_>) -> Opened<()> {
        let poster = Poster::new(Config {
            timeout: config.timeout.min(5),
            ..config
        })?;
        poster
            .agent
            .get(poster.place())
            .call()
            .map_err(|error| poster.failed(error))?;
        Ok(())
    }
}

crate::register_flavor!(Webhook);
