//! The `zen` command in a program with models, as users have it.

use std::process::ExitCode;

use zen_integrations as _;
use zen_tests as _;

fn main() -> ExitCode {
    zen_cli::run()
}
