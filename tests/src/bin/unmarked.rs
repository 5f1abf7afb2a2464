//! A program whose `main` is not marked: it starts a service, whatever it was itself started for. Notes in a journal beside its project's
//! folder that it ran.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use zen_core::prelude::*;
use zen_tests::services::Greeter;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("unmarked: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    let stack = Stack::active()?;
    let mut journal = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(stack.project().join("journal"))?;
    writeln!(journal, "{}", std::process::id())?;
    let service = Service::local(&stack, "unmarked", &Greeter::new("never"))?;
    service.start(Duration::from_secs(60))?;
    Ok(())
}
