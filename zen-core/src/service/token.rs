//! Where a secret token comes from.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::secrets::{Reference, Secret, SecretError, Secrets, conceal};
use crate::stack::Stack;

/// Where a bearer token is found: never the token itself, so that configurations can be recorded and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenSource {
    /// In an environment variable of this name.
    Env(String),
    /// In a file, without the white space around it.
    File(PathBuf),
    /// A secret, by `name.key`: in the environment, or in the store of the stack's secrets.
    Secret(String),
}

/// A token, which shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token's text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A token can't be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The environment has no such variable.
    #[error("the token's environment variable `{0}` is not set, empty or no text")]
    Env(String),
    /// The file can't be read.
    #[error("the token's file {path} can't be read")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The secret can't be had.
    #[error("the token can't be had")]
    Secret {
        /// Why not.
        source: SecretError,
    },
    /// The token can't stand in a header.
    #[error("the token in {place} is empty or has characters that a header can't have")]
    Unusable {
        /// The variable, the file or the secret.
        place: String,
    },
}

impl TokenSource {
    /// Reads the token; a secret from the environment or the secrets store of the project's stack, as a service's process has them. The token
    /// is [redacted](crate::secrets::redact) from then on.
    ///
    /// # Errors
    /// When it isn't there or can't be a token.
    pub fn read(&self) -> Result<Token, TokenError> {
        match self {
            Self::Secret(_) => {
                let secrets = Stack::choose().secrets();
                // Whoever opens the stack is told what is wrong with its settings.
                self.read_with(&secrets.unwrap_or_else(|_| Secrets::environment()))
            }
            Self::Env(_) | Self::File(_) => self.read_with(&Secrets::environment()),
        }
    }

    /// [`read`](Self::read)s the token, if it is a secret from these.
    ///
    /// # Errors
    /// As there.
    pub fn read_with(&self, secrets: &Secrets) -> Result<Token, TokenError> {
        let text = match self {
            Self::Env(name) => std::env::var(name).map_err(|_| TokenError::Env(name.clone()))?,
            Self::File(path) => std::fs::read_to_string(path).map_err(|source| TokenError::File {
                path: path.clone(),
                source,
            })?,
            Self::Secret(reference) => {
                let reference = reference.parse::<Reference>().map_err(SecretError::from);
                let secret = reference.and_then(|reference| secrets.get(&reference));
                secret
                    .map_err(|source| TokenError::Secret { source })?
                    .reveal()
                    .to_owned()
            }
        };
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Unusable {
                place: self.to_string(),
            });
        }
        conceal(&Secret::new(text));
        Ok(Token(text.to_owned()))
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable `{name}`"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Secret(reference) => write!(f, "secret `{reference}`"),
        }
    }
}
