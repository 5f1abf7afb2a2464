//! The settings of a project: which components and stacks there are, which stack is active, and where each value comes from.
//!
//! The same is said in several places. Of a value, the first of these counts:
//!
//! 1. the call: [`StackChoice`], which the flags of commands go into;
//! 2. the environment: `ZEN_STACK` names the stack; `ZEN_ARTIFACT_STORE`, `ZEN_MODEL_DEPLOYER`, .. a component of it (or the URL of an
//!    artifact store); `ZEN_MODEL_DEPLOYER__HOST`, .. a value of a component's configuration;
//! 3. files: what commands registered and set in the project (`stacks.toml` in its `.zen` folder) says which stack is active, `zen.toml` says so for
//!    all who work on the project; both define components and stacks, each its own;
//! 4. the defaults of the flavours.
//!
//! ```toml
//! # zen.toml, beside .zen
//! program = "target/release/digits"   # what `zen` starts when it needs the project's code
//! stack = "team"                      # the active stack, unless `zen stack set` or ZEN_STACK say otherwise
//!
//! [components.artifact_store.bucket]
//! flavor = "s3"
//! url = "s3://models/digits"
//! access_key_id = "{{aws.id}}"        # `zen secret set aws id`
//! secret_access_key = "{{aws.key}}"
//!
//! [stacks.team]
//! artifact_store = "bucket"           # what it doesn't name is `default`
//! ```

mod change;
mod choice;
mod definition;
mod document;
mod error;
mod plan;
mod registered;
mod resolve;
#[allow(clippy::module_inception)]
mod settings;
mod source;
mod values;

pub use change::StackChanges;
pub use choice::StackChoice;
pub use definition::{ComponentDefinition, DEFAULT_NAME, StackDefinition};
pub use document::ProgramCommand;
pub use error::{ComponentPlace, SettingsError};
pub use plan::{ComponentPlan, Sourced, StackPlan};
pub use settings::Settings;
pub use source::Source;
pub use values::{check_component, parse_value};
pub(super) use values::{object, resolved};

/// Names the active stack, in the environment.
pub const STACK_VARIABLE: &str = "ZEN_STACK";

/// Names the project's `zen.toml` when it isn't the one beside the `.zen` folder, in the environment.
pub const CONFIG_VARIABLE: &str = "ZEN_CONFIG";
