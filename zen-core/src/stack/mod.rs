//! Stacks: where runs are executed and what they leave behind is kept.

mod builder;
mod claims;
mod clock;
mod error;
mod home;
mod keep;
mod leftovers;
mod liveness;
mod program;
#[allow(clippy::module_inception)]
mod stack;

pub use builder::StackBuilder;
pub(crate) use claims::Claims;
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::StackError;
pub use home::{HOME_VARIABLE, find_home};
pub(crate) use keep::Hold;
pub use liveness::Liveness;
pub(crate) use program::{digest_of, git_commit, host, program, program_path, user};
pub use stack::{ARTIFACT_STORE_VARIABLE, Stack};
