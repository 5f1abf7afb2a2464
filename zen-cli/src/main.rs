//! The `zen` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    zen_cli::run()
}
