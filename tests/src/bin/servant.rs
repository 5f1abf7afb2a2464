//! The program that the tests' services run.
//!
//! Started by hand: `start <home> <greeting>` starts a greeter and prints its id and port, and ends while the greeter goes on.

use std::time::Duration;

use zen_core::prelude::*;
use zen_integrations as _;
use zen_tests::services::Greeter;

#[zen_core::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["start", home, greeting] => {
            let stack = Stack::at(home.as_ref())?;
            let service = Service::local(&stack, "greeter", &Greeter::new(greeting))?;
            service.start(Duration::from_secs(60))?;
            let endpoint = service.endpoint().ok_or("a running service has an endpoint")?;
            println!("{} {}", service.id(), endpoint.port);
            Ok(())
        }
        _ => Err("usage: servant start <home> <greeting>".into()),
    }
}
