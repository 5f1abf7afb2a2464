//! Who may ask.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;
use zen_core::service::Token;

use super::Refusal;

/// The token that requests must have, as its hash: hashes have one length, so that a comparison tells nothing of the token's.
pub(super) struct Auth(Option<[u8; 32]>);

impl Auth {
    pub(super) fn new(token: Option<&Token>) -> Self {
        Self(token.map(|token| hash(token.reveal().as_bytes())))
    }

    /// Lets a request through, or doesn't.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(expected) = &self.0 else {
            return Ok(());
        };
        let found = headers
            .get(AUTHORIZATION)
            .and_then(|value| bearer(value.as_bytes()));
        match found {
            Some(token) if bool::from(hash(token).ct_eq(expected)) => Ok(()),
            _ => Err(Refusal::Unauthorized),
        }
    }
}

fn hash(token: &[u8]) -> [u8; 32] {
    *blake3::hash(token).as_bytes()
}

/// The token of `Bearer <token>`; the word may be written in any case.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}
