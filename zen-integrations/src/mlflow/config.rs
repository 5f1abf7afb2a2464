//! What the configurations of tracker and registry have in common.

use std::sync::Arc;

use zen_core::secrets::Secret;

use super::MlflowError;
use super::rest::{Auth, Client, TrackingUri};

/// How the server is reached.
pub(super) struct Access {
    pub(super) tracking_uri: String,
    pub(super) token: Option<Secret>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

impl Access {
    /// A client; nothing is sent yet.
    pub(super) fn client(self) -> Result<Arc<Client>, MlflowError> {
        let uri = TrackingUri::parse(&self.tracking_uri)?;
        let auth = match (self.token, self.username, self.password) {
            (None, None, None) => Auth::None,
            (Some(token), None, None) => Auth::Token(token),
            (None, Some(username), Some(password)) => Auth::Password { username, password },
            (Some(_), ..) => {
                return Err(MlflowError::Access(
                    "it has both a `token` and a `username` or `password`: keep one way of signing in",
                ));
            }
            (None, Some(_), None) => {
                return Err(MlflowError::Access("it has a `username` and no `password`"));
            }
            (None, None, Some(_)) => {
                return Err(MlflowError::Access("it has a `password` and no `username`"));
            }
        };
        Ok(Arc::new(Client::new(uri, auth)))
    }
}

/// Where the server is, for people; the flavour's name when the configuration is wrong, as it may then hold what mustn't be shown.
pub(super) fn location(tracking_uri: &str) -> String {
    TrackingUri::parse(tracking_uri).map_or_else(|_| super::NAME.to_owned(), |uri| uri.to_string())
}
