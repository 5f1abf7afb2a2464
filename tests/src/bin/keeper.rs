//! A program whose artifacts are kept where the environment says. Everything that any library logs goes to its standard error.
//!
//! Argument: `run` makes three objects of them, `fail` fails in a step after two, `read` reads what the last run left, `resume` continues it.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use zen_core::prelude::*;

/// More than is kept in the metadata, and different in all places.
#[step]
fn numbers(ctx: &StepContext, seed: u64) -> Vec<u64> {
    ctx.log(format!("counting from {seed}"));
    (0..20_000)
        .map(|i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed))
        .collect()
}

#[step]
fn shifted(numbers: &[u64], by: u64) -> Vec<u64> {
    tracing::info!(by, "shifting");
    numbers.iter().map(|x| x.wrapping_add(by)).collect()
}

#[step(cache = false)]
fn broken(numbers: &[u64]) -> Result<u64> {
    Err(format!("told to fail after {} numbers", numbers.len()).into())
}

#[step]
fn both(one: &[u64], other: &[u64]) -> Vec<Vec<u64>> {
    vec![one.to_vec(), other.to_vec()]
}

#[step]
fn summed(parts: &[Vec<u64>]) -> u64 {
    parts
        .iter()
        .flatten()
        .fold(0, |sum: u64, x| sum.wrapping_mul(31).wrapping_add(*x))
}

#[pipeline]
fn keeping(fails: bool) -> Artifact<u64> {
    let all = numbers(1);
    if fails {
        return broken(shifted(all, 1));
    }
    summed(both(shifted(all, 2), shifted(all, 3)))
}

fn main() -> Result<()> {
    // Without a filter: what the libraries say in a step's thread goes to the step's log as well.
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(zen_core::log_layer())
        .init();
    tokio::runtime::Runtime::new()?.block_on(keep())
}

async fn keep() -> Result<()> {
    let mode = std::env::args().nth(1).ok_or("which mode?")?;
    let run = match mode.as_str() {
        "fail" => keeping(true).run().await?,
        "resume" => keeping(false).resume_last().run().await?,
        "read" => {
            let client = Client::open()?;
            let run = client.last_run("keeping")?;
            let kept = run.step("numbers")?.output("output")?;
            let numbers = kept.load::<Vec<u64>>().await?;
            println!("{} numbers at {}", numbers.len(), kept.record().uri);
            return Ok(());
        }
        _ => keeping(false).run().await?,
    };
    let cached = run
        .steps()?
        .iter()
        .filter(|step| step.status() == Status::Cached)
        .count();
    println!(
        "{} with {cached} of {} steps from the cache",
        run.output().await?,
        run.steps()?.len()
    );
    Ok(())
}
