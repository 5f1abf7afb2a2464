//! What opens a cloud store: credentials, endpoint, region.

use std::fmt;

use super::StoreUrl;

/// How long a request is tried again, in seconds.
pub(super) const RETRY_SECONDS: &str = "zen_retry_seconds";

/// Names and values, in the order given. Values are never shown: any may be a secret.
pub(super) struct Options {
    pairs: Vec<(String, String)>,
    /// Whether somebody wrote them down for this store: an unknown name is a mistake then.
    pub(super) explicit: bool,
}

impl Options {
    /// Those of this process's environment that belong to the service.
    pub(super) fn of_environment(url: &StoreUrl) -> Self {
        let (start, other): (&str, &[(&str, &str)]) = match url {
            StoreUrl::S3 { .. } => ("AWS_", &[]),
            StoreUrl::Gs { .. } => ("GOOGLE_", &[("SERVICE_ACCOUNT", "google_service_account")]),
            StoreUrl::Az { .. } => ("AZURE_", &[("IDENTITY_ENDPOINT", "azure_identity_endpoint")]),
            StoreUrl::File(_) | StoreUrl::Memory => return Self::explicit([("", ""); 0]),
        };
        let mut pairs = Vec::new();
        for (name, value) in std::env::vars_os() {
            let (Some(name), Ok(value)) = (name.to_str(), value.into_string()) else {
                continue;
            };
            if let Some((_, key)) = other.iter().find(|(other, _)| *other == name) {
                pairs.push(((*key).to_owned(), value));
            } else if name.starts_with(start) || name.eq_ignore_ascii_case(RETRY_SECONDS) {
                pairs.push((name.to_ascii_lowercase(), value));
            }
        }
        Self {
            pairs,
            explicit: false,
        }
    }

    pub(super) fn explicit<K: AsRef<str>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let pairs = pairs.into_iter();
        Self {
            pairs: pairs
                .map(|(name, value)| (name.as_ref().to_ascii_lowercase(), value.into()))
                .collect(),
            explicit: true,
        }
    }

    /// These, and what the environment says besides.
    pub(super) fn above_environment(url: &StoreUrl, pairs: Vec<(String, String)>) -> Self {
        let mut options = Self::of_environment(url);
        let given = |name: &str| pairs.iter().any(|(given, _)| given == name);
        options.pairs.retain(|(name, _)| !given(name));
        options.pairs.extend(pairs);
        options
    }

    /// What [`into_pairs`](Self::into_pairs) gave there.
    pub(super) fn of_another_process(pairs: Vec<(String, String)>, explicit: bool) -> Self {
        Self { pairs, explicit }
    }

    pub(super) fn into_pairs(self) -> Vec<(String, String)> {
        self.pairs
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A text without any of the values that may be secret.
    pub(super) fn redact(&self, mut text: String) -> String {
        const SECRET: [&str; 5] = ["key", "secret", "token", "sas", "password"];
        for (name, value) in self.iter() {
            if !value.is_empty() && SECRET.iter().any(|word| name.contains(word)) {
                text = text.replace(value, "[redacted]");
            }
        }
        text
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
