//! The program that the tests' services run.
//!
//! By hand, with the project's folder as the second argument:
//!
//! - `start <home> <greeting>` starts a greeter and prints its id and port, and ends while the greeter goes on;
//! - `again <home> <id>` starts a service that there is;
//! - `update <home> <id> <greeting>` updates it to this greeting; `hang <home> <id>` to a version that never becomes ready;
//! - `line <home> <slope>` deploys a model in a pipeline and prints the server's id; with `later`, when a line comes in;
//!   with `token`, for those who know `ZEN_TEST_TOKEN`; with `secret <name.key>`, for those who know this secret;
//! - `schedule <home>` deploys a model on a schedule that is due once and at once, and works as a scheduler until it is stopped; with `linger`,
//!   what is due never ends;
//! - `deploy <home> <greeting>` starts a greeter in a pipeline and prints its id; `visit <home>` prints what the last one says.

use std::process::ExitCode;
use std::time::Duration;

use zen_core::prelude::*;
use zen_core::schedule::{Schedule, Scheduler};
use zen_integrations as _;
use zen_tests::models::{Line, deploying};
use zen_tests::services::{Greeter, Trouble, Troublemaker, greeting, visiting};

const SOON: Duration = Duration::from_secs(120);

#[step(cache = false)]
async fn linger() -> u64 {
    std::future::pending().await
}

#[pipeline]
fn lingering() -> Artifact<u64> {
    linger()
}

#[zen_core::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [command, home, rest @ ..] = &arguments[..] else {
        return Err("usage: servant <command> <home> ..".into());
    };
    let stack = Stack::at(home.as_ref())?;
    let find = |id: &str| -> Result<Service> { Ok(Service::find(&stack, id.parse()?)?) };
    match (*command, rest) {
        ("start", [greeting]) => {
            let service = Service::local(&stack, "greeter", &Greeter::new(greeting))?;
            service.start(SOON)?;
            let endpoint = service.endpoint().ok_or("a running service has an endpoint")?;
            println!("{} {}", service.id(), endpoint.port);
        }
        ("again", [id]) => find(id)?.start(SOON)?,
        ("update", [id, greeting]) => find(id)?.update(&Greeter::new(greeting), SOON)?,
        ("hang", [id]) => find(id)?.update(&Troublemaker(Trouble::Hang), SOON)?,
        ("deploy", [words]) => {
            let run = greeting((*words).to_owned()).on(&stack).quiet().run().await?;
            println!("{}", run.output().await?.id());
        }
        ("visit", []) => {
            let run = visiting().on(&stack).quiet().run().await?;
            println!("{}", run.output().await?);
        }
        ("line", [slope, rest @ ..]) => {
            let mut config = DeployConfig::named("line");
            if let ["token"] = rest {
                config = config.token_env("ZEN_TEST_TOKEN");
            }
            if let ["secret", reference] = rest {
                config = config.token_secret(*reference);
            }
            if let ["later"] = rest {
                println!("waiting");
                std::io::stdin().read_line(&mut String::new())?;
            }
            let line = Line {
                // Not a number: a line that never warms up.
                frozen: slope.parse::<f64>().is_err(),
                ..Line::new(slope.parse().unwrap_or_default())
            };
            let run = deploying(line, config).on(&stack).quiet().run().await?;
            println!("{}", run.output().await?.id());
        }
        ("schedule", rest) => {
            let once = Schedule::every(Duration::from_millis(1))?.max_runs(1)?;
            match rest {
                ["linger"] => lingering().schedule("lingering", once).on(&stack).await?,
                _ => {
                    let deployment = deploying(Line::new(3.0), DeployConfig::named("line"));
                    deployment.schedule("deployment", once).on(&stack).await?
                }
            };
            let scheduler = Scheduler::new().on(&stack).show_runs(false);
            return Ok(scheduler.run().await?.into());
        }
        _ => return Err(format!("no such command: {arguments:?}").into()),
    }
    Ok(ExitCode::SUCCESS)
}
