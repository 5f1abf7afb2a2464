//! The `zen` command.

use std::process::ExitCode;

// The flavour of model deployers that stacks have by default.
#[cfg(feature = "native")]
use zen_integrations as _;

fn main() -> ExitCode {
    zen_cli::run_as_zen()
}
