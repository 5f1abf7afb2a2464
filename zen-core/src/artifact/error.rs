//! What can go wrong with artifacts.

use super::{CodecError, Digest};

/// Why an artifact could not be stored, found or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The codec refused the value.
    #[error("cannot encode {what} of type `{type_name}` as {codec}")]
    Encode {
        /// Which artifact.
        what: String,
        /// The Rust type.
        type_name: &'static str,
        /// The codec's name.
        codec: &'static str,
        /// The codec's reason.
        #[source]
        source: CodecError,
    },
    /// The bytes are intact but are no value of this type: usually the type has changed since.
    #[error("cannot decode {what} ({codec} version {version}) as `{type_name}`")]
    Decode {
        /// Which artifact.
        what: String,
        /// The Rust type.
        type_name: &'static str,
        /// The codec's name.
        codec: String,
        /// The version of the codec that wrote the bytes.
        version: u32,
        /// The codec's reason.
        #[source]
        source: CodecError,
    },
    /// The artifact was stored as another type.
    #[error("{what} is a `{stored}`, not a `{requested}`: load it as `{stored}`")]
    WrongType {
        /// Which artifact.
        what: String,
        /// The recorded type.
        stored: String,
        /// The type asked for.
        requested: &'static str,
    },
    /// A newer program wrote the artifact.
    #[error(
        "{what} was written by version {found} of the codec `{codec}`; this program knows up to {known}: \
         build it with the newer codec"
    )]
    NewerCodec {
        /// Which artifact.
        what: String,
        /// The codec's name.
        codec: String,
        /// The version that wrote it.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// The codec that wrote the artifact isn't known for this type in this program.
    #[error(
        "{what} was written by the codec `{codec}`, which this program doesn't know for `{type_name}` \
         (known: {known}): register it with `zen_core::register_codec!`"
    )]
    UnknownCodec {
        /// Which artifact.
        what: String,
        /// The recorded codec.
        codec: String,
        /// The type asked for.
        type_name: &'static str,
        /// The codecs known for that type.
        known: String,
    },
    /// The object isn't in the store.
    #[error("{what} is missing from the artifact store: there is no {uri}")]
    Missing {
        /// Which artifact.
        what: String,
        /// Where it should be.
        uri: String,
    },
    /// The object's bytes are not those that were written.
    #[error("{what} is damaged: the bytes at {uri} have digest {found}, not {expected}")]
    Damaged {
        /// Which artifact.
        what: String,
        /// Where it is.
        uri: String,
        /// The digest recorded.
        expected: Digest,
        /// The digest of what is there.
        found: Digest,
    },
    /// The store refused an operation.
    #[error("artifact store {url}: {doing} failed")]
    Store {
        /// The store's URL.
        url: String,
        /// What was being done, on which object.
        doing: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store behind a network refused access. The cause is text without credentials.
    #[error("artifact store {url}: {doing} was refused: {advice}")]
    Refused {
        /// The store's URL.
        url: String,
        /// What was being done, on which object.
        doing: String,
        /// What to check.
        advice: String,
        /// What the store said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The URL's bucket or container isn't there.
    #[error(
        "artifact store {url}: {doing} failed: there is no such bucket or container: create it, or correct the URL"
    )]
    NoBucket {
        /// The store's URL.
        url: String,
        /// What was being done, on which object.
        doing: String,
        /// What the store said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store's server doesn't answer, and was asked again for as long as its options say.
    #[error(
        "artifact store {url}: {doing} failed: its server can't be reached: check the network and the endpoint \
         in the environment (AWS_ENDPOINT_URL and the like), and resume the run when it is there again"
    )]
    Unreachable {
        /// The store's URL.
        url: String,
        /// What was being done, on which object.
        doing: String,
        /// What happened to the connection.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The artifact was written to another store than the one that is asked.
    #[error(
        "{what} is kept at {uri}, and not in the artifact store {url}: open a stack over the store it was written to \
         (`ZEN_ARTIFACT_STORE`), or copy the object"
    )]
    Elsewhere {
        /// Which artifact.
        what: String,
        /// Where it was written to.
        uri: String,
        /// The store that was asked.
        url: String,
    },
    /// The URL names no store.
    #[error("`{url}` is no artifact store: {reason}")]
    Url {
        /// The URL as given, without credentials.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The URL's scheme needs a cargo feature that is off.
    #[error(
        "`{scheme}://` artifact stores need the cargo feature `{feature}` of zen-core, which this build has not"
    )]
    MissingFeature {
        /// The scheme.
        scheme: String,
        /// The feature.
        feature: &'static str,
    },
}
