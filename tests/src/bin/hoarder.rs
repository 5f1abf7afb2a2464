//! A program for tests that prune: runs that make the same few contents again and again, and prunes, in a loop.
//!
//! Arguments: `run <seed> <rounds>`, or `prune <rounds>`.

use zen_core::prelude::*;
use zen_core::upkeep::PrunePolicy;

/// Large enough to be an object. Different steps make the same bytes.
fn content(kind: u64) -> Vec<u8> {
    let mut state = kind + 1;
    let next = |_| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..20_000).map(next).collect()
}

#[step]
fn kept(kind: u64, epoch: u64) -> Vec<u8> {
    let _ = epoch;
    content(kind)
}

#[step(cache = false)]
fn made(kind: u64) -> Vec<u8> {
    content(kind)
}

#[step(cache = false)]
fn small(kind: u64) -> String {
    format!("a small content: {kind}")
}

#[step]
fn length(ctx: &StepContext, bytes: &[u8], text: &str) -> Result<usize> {
    ctx.log(format!("{} bytes", bytes.len()));
    ctx.log_metric("length", bytes.len() as f64)?;
    Ok(bytes.len() + text.len())
}

#[step]
fn both(one: &[u8], other: &[u8]) -> usize {
    one.len() + other.len()
}

#[pipeline]
fn adopting(kind: u64, epoch: u64) -> Artifact<usize> {
    length(kept(kind, epoch), small(kind))
}

#[pipeline]
fn making(kind: u64) -> Artifact<usize> {
    both(made(kind), made(kind + 1))
}

#[pipeline]
fn latest_of(kind: u64) -> Artifact<usize> {
    both(made(kind), latest::<Vec<u8>>("by hand"))
}

/// Reads what a run made, unless it is among the last ones no more and has been pruned since its end.
async fn read(client: &Client, run: Run<Artifact<usize>>) -> Result<()> {
    match run.output().await {
        Ok(_) => Ok(()),
        Err(_) if client.run(run.id()).is_err() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn run(seed: u64, rounds: u64) -> Result<()> {
    let stack = Stack::active()?;
    let client = Client::of(stack.clone());
    client.save("by hand", content(0)).await?;
    let mut state = seed;
    for round in 0..rounds {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let kind = (state >> 33) % 14;
        match (state >> 40) % 4 {
            0 => read(&client, adopting(kind, round / 8).run().await?).await?,
            1 => read(&client, making(kind).run().await?).await?,
            2 => read(&client, latest_of(kind).run().await?).await?,
            _ => {
                // What is saved by hand stays: most contents have to come and go.
                let kind = kind % 2;
                let saved = client.save("by hand", content(kind)).await?;
                let loaded: Vec<u8> = saved.load().await?;
                assert!(loaded == content(kind), "another content");
            }
        }
    }
    Ok(())
}

async fn prune(rounds: u64) -> Result<()> {
    let client = Client::open()?;
    for round in 0..rounds {
        println!("prune {round}");
        let policy = PrunePolicy::keep_last(2);
        let policy = match round % 2 {
            0 => policy.with_unreferenced_objects(),
            _ => policy,
        };
        client.prune(&policy, false).await?;
    }
    Ok(())
}

#[zen_core::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |place: usize| -> Result<u64> { Ok(arguments.get(place).ok_or("too few arguments")?.parse()?) };
    match arguments.first().map(String::as_str) {
        Some("run") => run(number(1)?, number(2)?).await,
        Some("prune") => prune(number(1)?).await,
        _ => Err("say `run <seed> <rounds>` or `prune <rounds>`".into()),
    }
}
