//! Secrets: values that configurations refer to, and that reach no log, record or URL.
//!
//! A secret has a name and keys, `{{name.key}}` in the values of a configuration. It is kept in the environment ([`EnvironmentSecrets`]:
//! `ZEN_SECRET_<NAME>__<KEY>`) or in a store below it, a component of the stack ([`SecretsStore`]); by default that is the file `secrets.toml` in the
//! project's folder ([`FileSecrets`]), which only its owner may read. [`Secrets`] looks in both. A step asks with
//! [`StepContext::secret`](crate::graph::StepContext::secret), a hook with [`HookEvent::secret`](crate::graph::HookEvent::secret).
//!
//! # Where they can't be read
//!
//! What was handed out in a process is [redacted](redact) there from then on, to `***`, in all that zen writes and prints:
//!
//! - in what is recorded of runs, steps, artifacts, hooks, services and schedules for people: errors, notes, lines of logs, facts, the JSON view of
//!   arguments and parameters, summaries, names of runs, tags;
//! - in what zen prints: `tracing` events, lines of progress, the error that `main` returns, messages of panics;
//! - in what isolated steps print, which their parent passes on and records;
//! - in what zen writes to the log of a service.
//!
//! Processes that zen starts have no secret among their arguments. An isolated step asks its parent. A service's process gets those variables
//! `ZEN_SECRET_..` that its configuration names, and no others. A program that a scheduler starts runs pipelines itself, and gets all.
//!
//! # Where they can
//!
//! - Secrets of less than 4 bytes aren't redacted.
//! - What a program or a service prints itself, with `println!`, is its own; it [`redact`]s it itself.
//! - The bytes of artifacts are the user's, and so are the arguments from which a pipeline is built again. A [`Secret`] can be neither, as it
//!   can't be written by serde: a pipeline takes the secret's name, and its steps ask for the value.
//! - What is read by programs is kept as it is: names of steps and artifacts, paths, URIs, a service's configuration, code identities.
//! - A secret that is changed before it is written (encoded as Base64, cut in pieces, written over two lines) isn't found. Only percent-encoding,
//!   JSON and `{:?}` are.

mod environment;
mod error;
mod file;
mod forms;
mod layered;
mod redact;
mod reference;
mod secret;
mod store;

pub(crate) use environment::is_secret_variable;
pub use environment::{EnvironmentSecrets, SECRET_PREFIX};
pub use error::SecretError;
pub use file::{FileSecrets, SECRETS_FILE};
pub use layered::Secrets;
pub use redact::{conceal, redact};
pub(crate) use redact::{is_redacting, redact_json, redact_start, redact_string};
pub use reference::{Reference, ReferenceError, references};
pub use secret::Secret;
pub use store::{SecretNames, SecretsStore};
