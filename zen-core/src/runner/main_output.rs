//! What `async fn main` may return.

use std::error::Error;
use std::process::ExitCode;

use crate::graph::failure::chain;

/// What `async fn main` may return.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`async fn main` can't return `{Self}`",
    note = "return nothing, an `ExitCode`, or a `Result` of one of them"
)]
pub trait MainOutput {
    /// The code the program ends with; an error is printed.
    fn exit_code(self) -> ExitCode;
}

impl MainOutput for () {
    fn exit_code(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

impl MainOutput for ExitCode {
    fn exit_code(self) -> ExitCode {
        self
    }
}

impl<T: MainOutput, E: Into<Box<dyn Error + Send + Sync>>> MainOutput for Result<T, E> {
    fn exit_code(self) -> ExitCode {
        match self {
            Ok(value) => value.exit_code(),
            Err(error) => {
                let error: Box<dyn Error + Send + Sync> = error.into();
                eprintln!("error: {}", chain(&*error));
                ExitCode::FAILURE
            }
        }
    }
}
