//! What a worker and its parent say to each other: messages of MessagePack, each after its length.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_json::Value;

use crate::artifact::{Description, Digest, StoreOrigin, decode_value, encode_value};
use crate::graph::ContextFacts;
use crate::stack::StackPlan;

/// The variable that makes a process a worker, together with [`ARGUMENT`]. Its value is the attempt's own, so that whatever the attempt
/// starts can be found by it.
pub(super) const VARIABLE: &str = "ZEN_WORKER";

/// The first argument of a worker.
pub(super) const ARGUMENT: &str = "--zen-worker";

/// What a worker is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Launch {
    /// The pipeline's path and arguments, from which it is built again.
    pub(super) pipeline: String,
    pub(super) arguments: ByteBuf,
    /// What comes out must be this graph.
    pub(super) graph: Digest,
    pub(super) node: u32,
    pub(super) facts: ContextFacts,
    pub(super) inputs: Vec<Input>,
    pub(super) store: Option<StoreOrigin>,
    /// Which stack it is, when settings say.
    pub(super) stack: Option<StackPlan>,
    /// The project's folder, for a step that asks for the stack.
    pub(super) home: Option<PathBuf>,
    /// The attempt's own folder; the parent removes it.
    pub(super) scratch: PathBuf,
    /// Outputs up to this size come back over the socket; all of them when there is no store.
    pub(super) inline_limit: u64,
    /// The objects that are there can't be read: those made now take their place.
    pub(super) replace: bool,
    /// The most memory the process may allocate, in bytes.
    pub(super) memory: Option<u64>,
}

/// An input of the step.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Input {
    pub(super) name: String,
    /// For messages: "output `x` of `importer`".
    pub(super) what: String,
    pub(super) codec: String,
    pub(super) version: u32,
    pub(super) place: Place,
}

/// Where an encoded value is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Place {
    /// Here.
    Bytes(ByteBuf),
    /// In the artifact store.
    Object { digest: Digest, size: u64 },
}

/// What the parent says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    Launch(Box<Launch>),
    /// To a `Flush` or a `Keep`: it is done, or why not.
    Answer(Result<(), String>),
    /// To a `Secret`: the value, none when nobody has it, or why it can't be had.
    Secret(Result<Option<SecretText>, String>),
}

/// What the worker says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The process is a worker of ours.
    Hello,
    Log {
        level: String,
        target: String,
        message: String,
    },
    Metric {
        name: String,
        value: f64,
        position: Option<u64>,
        higher_is_better: Option<bool>,
    },
    Metadata {
        key: String,
        value: Value,
    },
    /// Asks for an `Answer` when all that was said is stored.
    Flush,
    /// Asks for an `Answer` when no prune takes this object away: one that is there already may be about to go.
    Keep(Digest),
    /// Asks for a `Secret`, by `name.key`.
    Secret(String),
    Done(Result<Vec<Output>, Failure>),
}

/// A secret on its way from a parent to its worker.
#[derive(Serialize, Deserialize)]
pub(super) struct SecretText(pub(super) String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// An output that a worker made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Output {
    pub(super) digest: Digest,
    pub(super) size: u64,
    /// The encoded value when it is not in the artifact store.
    pub(super) bytes: Option<ByteBuf>,
    pub(super) description: Description,
}

/// Why the step failed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Failure {
    /// The step returned an error.
    Error(String),
    Panic(String),
    /// An output could not be stored.
    Storage(String),
    /// An input could not be read.
    Input {
        name: String,
        reason: String,
    },
    /// The worker can't do what it was told.
    Worker(String),
}

/// Sends one message.
pub(super) fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let bytes = encode_value(message).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(&bytes)?;
    to.flush()
}

/// Receives one message; none at the end.
pub(super) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u64::from_le_bytes(length);
    // Grows with what arrives, whatever the length says.
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Ok(None);
    }
    let message = decode_value(&bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_through() {
        let mut pipe = Vec::new();
        let said = Report::Metric {
            name: "loss".into(),
            value: f64::NAN,
            position: Some(u64::MAX),
            higher_is_better: None,
        };
        send(&mut pipe, &said).unwrap();
        send(&mut pipe, &Report::Flush).unwrap();
        let mut read = pipe.as_slice();
        let first = receive(&mut read).unwrap();
        assert!(matches!(first, Some(Report::Metric { value, .. }) if value.is_nan()));
        assert!(matches!(receive(&mut read).unwrap(), Some(Report::Flush)));
        assert!(receive::<Report>(&mut read).unwrap().is_none());
    }

    #[test]
    fn half_a_message_is_the_end() {
        let mut pipe = Vec::new();
        send(&mut pipe, &Report::Flush).unwrap();
        for cut in 0..pipe.len() {
            assert!(receive::<Report>(&mut &pipe[..cut]).unwrap().is_none());
        }
    }

    #[test]
    fn garbage_is_an_error() {
        assert!(receive::<Report>(&mut &[1u8, 0, 0, 0, 0, 0, 0, 0, 0xc1][..]).is_err());
    }
}
