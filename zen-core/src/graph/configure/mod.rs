//! What is set for a pipeline's steps from outside of its code: in a file, on a command line.

mod apply;
mod error;
mod merge;
mod options;
mod overrides;
mod step;

pub(crate) use apply::find_step;
pub use error::{ConfigError, ConfigPlace};
pub(crate) use options::{read_cache, write_cache};
pub(crate) use overrides::{Overrides, read_steps, write_steps};
pub use step::StepConfig;
