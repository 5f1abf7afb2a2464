//! The arguments of a run or a schedule on their way into its record.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::RunError;
use crate::artifact::{Codec, Description, Digest, Serde};
use crate::client::ClientError;
use crate::graph::{EncodedArguments, Pipeline};
use crate::metadata::{ArtifactRecord, Change};
use crate::stack::{Hold, Stack};

/// Longer ones become an artifact, of the run when they are of one.
const LONGEST: usize = 16 * 1024;

/// What is recorded of the arguments.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// They themselves, or which object they are.
    pub(crate) recorded: Vec<u8>,
    large: Option<(Vec<u8>, Box<ArtifactRecord>)>,
}

impl Arguments {
    pub(crate) fn of<O>(pipeline: &Pipeline<O>, run: Option<Uuid>, now: DateTime<Utc>) -> Self {
        let encoded = pipeline.arguments.encoded();
        if encoded.len() <= LONGEST {
            return Self {
                recorded: encoded,
                large: None,
            };
        }
        let digest = Digest::of(&encoded);
        // A name that no step of the pipeline gives to its output.
        let name = format!("{} (arguments)", pipeline.name);
        let mut record = ArtifactRecord::new(crate::ids::next(), name, digest, encoded.len() as u64, now);
        let codec = <Serde as Codec<EncodedArguments>>::info(&Serde);
        record.describe(
            std::any::type_name::<EncodedArguments>(),
            codec,
            Description::default(),
        );
        record.producer_run = run;
        Self {
            recorded: EncodedArguments::stored(digest),
            large: Some((encoded, Box::new(record))),
        }
    }

    /// Stores large ones; what is to be recorded with the run, and what keeps it from being pruned until it is.
    pub(crate) fn store(self, stack: &Stack) -> Result<Option<(Change, Hold)>, RunError> {
        let Some((bytes, mut record)) = self.large else {
            return Ok(None);
        };
        record.uri = stack.artifacts().uri(record.digest);
        let hold = stack.hold()?;
        stack
            .put_object(record.digest, bytes.into(), false)
            .map_err(ClientError::from)?;
        Ok(Some((Change::Artifact(record), hold)))
    }
}
