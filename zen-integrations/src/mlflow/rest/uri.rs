//! URIs: the server's, and what stands in them.

use std::fmt;

use ureq::http::Uri;

use crate::mlflow::MlflowError;

/// Where MLflow's server is. Holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingUri {
    scheme: &'static str,
    authority: String,
    /// Empty, or `/prefix`.
    prefix: String,
}

impl TrackingUri {
    /// Reads `http://host:port/prefix` or `https://..`.
    ///
    /// # Errors
    /// When it isn't of this form, or holds credentials. The error doesn't repeat it, as it may hold what mustn't be shown.
    pub fn parse(text: &str) -> Result<Self, MlflowError> {
        let wrong = |reason: &str| MlflowError::Uri(reason.to_owned());
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(wrong(
                "is no URL of a server, such as `http://localhost:5000` or `https://mlflow.example.com`: zen asks MLflow's server, and doesn't write into \
                 its files (`mlflow server` starts one)",
            ));
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => "http",
            "https" => "https",
            _ => {
                return Err(wrong(
                    "begins with neither `http://` nor `https://`: zen asks MLflow's server, not its database or files (`mlflow server` starts one)",
                ));
            }
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(wrong(
                "holds credentials: put references to secrets in `username` and `password`, or in `token`",
            ));
        }
        if path.contains(['?', '#']) {
            return Err(wrong(
                "holds a `?` or `#`: only scheme, host, port and path are of use",
            ));
        }
        let prefix = path.trim_end_matches('/').to_owned();
        let whole = format!("{scheme}://{authority}{prefix}/");
        let is_uri = whole.parse::<Uri>().is_ok_and(|uri| {
            uri.host().is_some_and(|host| !host.is_empty())
                && uri.authority().is_some_and(|all| !all.as_str().ends_with(':'))
        });
        match is_uri {
            true => Ok(Self {
                scheme,
                authority: authority.to_owned(),
                prefix,
            }),
            false => Err(wrong("names no host, or has characters that no URL has")),
        }
    }

    /// The same server's paths at another host, as locations of artifacts name one.
    pub(super) fn at(&self, authority: &str) -> Result<Self, MlflowError> {
        Self::parse(&format!("{}://{authority}{}", self.scheme, self.prefix))
    }

    /// Whether both are on the same host, whatever the port.
    pub(super) fn has_host_of(&self, other: &Self) -> bool {
        let host = |uri: &Self| {
            uri.to_string()
                .parse::<Uri>()
                .ok()?
                .host()
                .map(str::to_ascii_lowercase)
        };
        host(self) == host(other)
    }
}

impl fmt::Display for TrackingUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

/// The text with all but letters, digits, `-._~` and what is named in `kept` percent-encoded.
pub(super) fn encoded(text: &str, kept: &[u8]) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            true => result.push(char::from(byte)),
            false => result += &format!("%{byte:02X}"),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, shown) in [
            ("http://localhost:5000", "http://localhost:5000"),
            (" HTTPS://mlflow.example.com/ ", "https://mlflow.example.com"),
            ("http://[::1]:5000/a/b//", "http://[::1]:5000/a/b"),
        ] {
            assert_eq!(TrackingUri::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "",
            "mlruns",
            "sqlite:///mlflow.db",
            "file:///tmp/mlruns",
            "databricks",
            "http://",
            "http:///x",
            "http://host:",
            "http://:80",
            "http://a b",
            "http://host/?a=1",
            "http://host#x",
            "http://me:hunter2@host",
        ] {
            let error = TrackingUri::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn hosts() {
        let uri = TrackingUri::parse("https://one.example.com/ml").unwrap();
        let other = uri.at("one.example.com:8443").unwrap();
        assert_eq!(other.to_string(), "https://one.example.com:8443/ml");
        assert!(uri.has_host_of(&other));
        assert!(!uri.has_host_of(&uri.at("two.example.com").unwrap()));
    }

    #[test]
    fn percent() {
        assert_eq!(encoded("a b/ü#?%", b"/"), "a%20b/%C3%BC%23%3F%25");
        assert_eq!(encoded("a/b", b""), "a%2Fb");
    }
}
