//! The command `zen` as it is installed: it has no pipelines, and what needs some is carried out by the project's program.

use std::process::ExitCode;

use zen_integrations as _;

fn main() -> ExitCode {
    zen_cli::run_as_zen()
}
