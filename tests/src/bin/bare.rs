//! A program with a `main` of its own that looks whether it is a daemon: `bare <home>` starts a greeter and prints its id.

use std::process::ExitCode;
use std::time::Duration;

use zen_core::prelude::*;
use zen_tests::services::Greeter;

fn main() -> ExitCode {
    if let Some(code) = zen_core::service::run_if_daemon() {
        return code;
    }
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    let home = std::env::args_os().nth(1).ok_or("usage: bare <home>")?;
    let stack = Stack::at(home.as_ref())?;
    let service = Service::local(&stack, "greeter", &Greeter::new("bare"))?;
    service.start(Duration::from_secs(60))?;
    println!("{}", service.id());
    Ok(())
}
