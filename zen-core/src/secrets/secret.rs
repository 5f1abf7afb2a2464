//! A secret value.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

/// A secret value: shows itself to nobody, can't be written by serde (so a step can't return it, and no record can hold it), and is wiped from
/// memory when it is dropped.
///
/// ```
/// use zen_core::secrets::Secret;
///
/// let password = Secret::new("s3cr3t");
/// assert_eq!(format!("{password:?}"), "Secret(..)");
/// assert_eq!(password.reveal(), "s3cr3t");
/// ```
///
/// ```compile_fail
/// # use zen_core::secrets::Secret;
/// serde_json::to_string(&Secret::new("s3cr3t")); // no
/// ```
///
/// Neither an argument of a step or a pipeline nor an output can be one:
///
/// ```compile_fail
/// # use zen_core::prelude::*;
/// # use zen_core::secrets::Secret;
/// #[step]
/// fn leak(ctx: &StepContext) -> Result<Secret> {
///     Ok(ctx.secret("tracker.password")?) // no
/// }
/// ```
///
/// In the configuration of a flavour, a field of this type takes a reference `{{name.key}}`, and nothing else: whoever writes the value itself
/// into a file is told so.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// A value that is secret from here on.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl Eq for Secret {}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SecretString::deserialize(deserializer).map(Self)
    }
}

/// The schema of a secret: a text that is never shown (`writeOnly`).
impl JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password", "writeOnly": true })
    }
}
