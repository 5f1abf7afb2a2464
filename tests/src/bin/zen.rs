//! The `zen` command, for its tests: the binary of another package isn't built with them.

use std::process::ExitCode;

fn main() -> ExitCode {
    zen_cli::run()
}
