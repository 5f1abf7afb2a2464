//! What the failures of stores are called, and that they give no secret away.

use std::error::Error;
use std::fmt;

use crate::artifact::ArtifactError;

/// Names the failure of a store on this machine, whose cause is kept as it is.
pub(super) fn local(url: &str, doing: String, error: object_store::Error) -> ArtifactError {
    ArtifactError::Store {
        url: url.to_owned(),
        doing,
        source: error.into(),
    }
}

/// Names the failure of a store behind a network. Its cause is kept as text, without what may be secret.
pub(super) fn network(url: &str, doing: String, error: object_store::Error) -> ArtifactError {
    let url = url.to_owned();
    let cause = Cause::of(&error);
    let text = cause.to_text();
    let source = Box::new(cause);
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let refused = matches!(
        error,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. }
    );
    // Asking the machine for credentials is what object_store does when it was given none.
    if says(&["169.254.169.254", "169.254.170.2", "metadata.google.internal"]) {
        let advice = advice(&url, "there are no credentials: set");
        return ArtifactError::Refused {
            url,
            doing,
            advice,
            source,
        };
    }
    if refused || says(&["ExpiredToken", "TokenRefreshRequired"]) {
        let advice = advice(&url, "check the permissions, and the credentials in");
        return ArtifactError::Refused {
            url,
            doing,
            advice,
            source,
        };
    }
    if says(&["NoSuchBucket", "ContainerNotFound"]) {
        return ArtifactError::NoBucket { url, doing, source };
    }
    if is_unreachable(&error) {
        return ArtifactError::Unreachable { url, doing, source };
    }
    ArtifactError::Store { url, doing, source }
}

/// Whether a bucket isn't there, rather than an object in it.
pub(super) fn is_bucket_missing(error: &object_store::Error) -> bool {
    let text = error.to_string();
    ["NoSuchBucket", "ContainerNotFound"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(feature = "__cloud")]
fn http_kind(error: &object_store::Error) -> Option<object_store::client::HttpErrorKind> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(http) = error.downcast_ref::<object_store::client::HttpError>() {
            return Some(http.kind());
        }
        next = error.source();
    }
    None
}

/// Whether the answer to a request was lost, so that it may have been done.
#[cfg(feature = "__cloud")]
pub(super) fn may_be_done(error: &object_store::Error) -> bool {
    use object_store::client::HttpErrorKind::{Decode, Interrupted, Timeout, Unknown};
    matches!(http_kind(error), Some(Timeout | Interrupted | Decode | Unknown))
}

#[cfg(feature = "__cloud")]
fn is_unreachable(error: &object_store::Error) -> bool {
    use object_store::client::HttpErrorKind::{Connect, Interrupted, Request, Timeout};
    matches!(http_kind(error), Some(Connect | Timeout | Interrupted | Request))
}

#[cfg(not(feature = "__cloud"))]
pub(super) fn may_be_done(_: &object_store::Error) -> bool {
    false
}

#[cfg(not(feature = "__cloud"))]
fn is_unreachable(_: &object_store::Error) -> bool {
    false
}

#[cfg(feature = "__cloud")]
fn advice(url: &str, first: &str) -> String {
    match super::StoreUrl::parse(url) {
        Ok(url) => format!("{first} {}", url.credentials()),
        Err(_) => "check the credentials it was opened with".into(),
    }
}

#[cfg(not(feature = "__cloud"))]
fn advice(_: &str, _: &str) -> String {
    "check the credentials it was opened with".into()
}

/// A chain of causes as text.
#[derive(Debug)]
struct Cause {
    message: String,
    source: Option<Box<Cause>>,
}

impl Cause {
    /// The causes say in turn what those below them say; each thing is kept once.
    fn of(error: &(dyn Error + 'static)) -> Self {
        let mut messages = vec![scrub(&error.to_string())];
        let mut next = error.source();
        while let Some(error) = next {
            let message = scrub(&error.to_string());
            if !messages.iter().any(|before| before.contains(&message)) {
                messages.push(message);
            }
            next = error.source();
        }
        let mut cause = None;
        for message in messages.into_iter().rev() {
            let source = cause.map(Box::new);
            cause = Some(Self { message, source });
        }
        cause.unwrap_or_else(|| Self {
            message: "unknown".into(),
            source: None,
        })
    }

    fn to_text(&self) -> String {
        match &self.source {
            Some(source) => format!("{}: {}", self.message, source.to_text()),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn Error + 'static))
    }
}

/// The longest message of one cause, in bytes.
const LONGEST: usize = 1000;

/// A message without what may be secret: URLs lose user and query (signatures and shared access tokens are there), and of a service's
/// error document only code and message stay (it may repeat what was signed).
pub(super) fn scrub(message: &str) -> String {
    let message = document(message);
    let mut scrubbed = String::with_capacity(message.len());
    let mut rest = message.as_str();
    while let Some(at) = rest.find("://") {
        let (before, url) = rest.split_at(at + 3);
        scrubbed.push_str(before);
        let end = url
            .find(|c: char| c.is_whitespace() || "\"'`<>()[]{}|,".contains(c))
            .unwrap_or(url.len());
        let (url, after) = url.split_at(end);
        let (url, hidden) = match url.find(['?', '#']) {
            Some(at) => (&url[..at], "?.."),
            None => (url, ""),
        };
        scrubbed.push_str(url.rsplit_once('@').map_or(url, |(_, url)| url));
        scrubbed.push_str(hidden);
        rest = after;
    }
    scrubbed.push_str(rest);
    if scrubbed.len() > LONGEST {
        let cut = (0..=LONGEST).rev().find(|at| scrubbed.is_char_boundary(*at));
        scrubbed.truncate(cut.unwrap_or(0));
        scrubbed.push('…');
    }
    scrubbed
}

fn document(message: &str) -> String {
    let Some(at) = ["<?xml", "<Error"]
        .iter()
        .filter_map(|begin| message.find(begin))
        .min()
    else {
        return message.to_owned();
    };
    let (before, document) = message.split_at(at);
    let field = |name: &str| {
        let (_, rest) = document.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let fields: Vec<String> = ["Code", "Message"].into_iter().filter_map(field).collect();
    format!("{before}{}", fields.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_user_and_query() {
        assert_eq!(
            scrub(
                "GET https://a.blob.core.windows.net/c/k?sv=1&sig=SECRET in 3s, then (http://u:SECRET@h/p#SECRET)."
            ),
            "GET https://a.blob.core.windows.net/c/k?.. in 3s, then (http://h/p?..)."
        );
        assert_eq!(scrub("no URL at all?"), "no URL at all?");
        assert_eq!(scrub("://?x"), "://?..");
    }

    #[test]
    fn documents_lose_what_was_signed() {
        let document = "403 Forbidden: <?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code>\
            <Message>They\n differ</Message><StringToSign>SECRET</StringToSign></Error>";
        assert_eq!(
            scrub(document),
            "403 Forbidden: SignatureDoesNotMatch: They differ"
        );
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let scrubbed = scrub(&"ü".repeat(10_000));
        assert!(scrubbed.len() < LONGEST + 10 && scrubbed.ends_with('…'));
    }
}
