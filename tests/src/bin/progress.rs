//! A program whose runs take as long as a test wants, to be watched on a terminal.
//!
//! Arguments: what to run, and a folder. A step that is to wait does so until the test makes a file in that folder. What it runs is kept in
//! memory.

use std::path::Path;
use std::time::Duration;

use zen_core::prelude::*;

/// Waits for the file, or until the run is cancelled.
fn gate(ctx: &StepContext, folder: &str, name: &str) {
    while !Path::new(folder).join(name).exists() && !ctx.is_cancelled() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[step]
fn load() -> Vec<u64> {
    (0..200).collect()
}

/// Logs what could garble a terminal, then something that doesn't fit a line.
#[step]
fn train(ctx: &StepContext, folder: &str, data: &[u64]) -> u64 {
    ctx.log("\u{1b}[2J\u{1b}[31mgarbled\u{7}\tline\r\n");
    gate(ctx, folder, "second");
    ctx.log("日本語 epoch 12 🦀 loss 0.123 and so many more words that no line can hold all of them, at least none of 80 columns");
    gate(ctx, folder, "go");
    data.len() as u64
}

#[pipeline]
fn training(folder: String) -> Artifact<u64> {
    train(folder.as_str(), load())
}

#[step]
fn score(ctx: &StepContext, folder: &str, x: u64) -> Result<u64> {
    match x {
        7 => return Err("seven\nis not liked".into()),
        100.. => gate(ctx, folder, "go"),
        _ => {}
    }
    Ok(x)
}

#[step]
fn digits(x: u64) -> Vec<u64> {
    vec![x % 10, x / 10]
}

#[step]
fn twice(x: u64) -> u64 {
    2 * x
}

#[pipeline]
fn fan_out(folder: String) -> Artifact<Vec<Vec<u64>>> {
    load().each(|x| digits(score(folder.as_str(), x)).each(|digit| twice(digit)))
}

#[step]
fn next(ctx: &StepContext, folder: &str, number: u64, before: u64) -> u64 {
    if number == 900 {
        gate(ctx, folder, "go");
    }
    before + 1
}

#[pipeline]
fn chain(folder: String) -> Artifact<u64> {
    let mut last = next(folder.as_str(), 0, 0);
    for number in 1..1000 {
        last = next(folder.as_str(), number, last);
    }
    last
}

#[step]
fn waiter(ctx: &StepContext, folder: &str, number: u64) -> u64 {
    gate(ctx, folder, "go");
    number
}

#[pipeline]
fn wide(folder: String) {
    for number in 0..30 {
        let _ = waiter(folder.as_str(), number);
    }
}

/// Prints itself, past zen.
#[step]
fn printer(ctx: &StepContext, folder: &str) -> u64 {
    gate(ctx, folder, "print");
    println!("printed by the step");
    gate(ctx, folder, "warn");
    tracing::warn!("a warning of the step");
    gate(ctx, folder, "go");
    1
}

#[pipeline]
fn printing(folder: String) -> Artifact<u64> {
    printer(folder.as_str())
}

#[step(retry(max = 1, delay = "1h"))]
fn flaky() -> Result<u64> {
    Err("not today".into())
}

#[pipeline]
fn retrying() -> Artifact<u64> {
    flaky()
}

#[zen_core::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, folder] = &arguments[..] else {
        return Err("usage: progress <what> <folder>".into());
    };
    let (stack, folder) = (Stack::in_memory()?, folder.clone());
    match what.as_str() {
        "training" => drop(training(folder).on(&stack).run().await?),
        "twice" => {
            training(folder.clone()).on(&stack).run().await?;
            training(folder).on(&stack).run().await?;
        }
        "both" => {
            let first = training(folder.clone()).on(&stack).start().await?;
            let second = printing(folder).on(&stack).start().await?;
            first.wait().await?;
            second.wait().await?;
        }
        "fan_out" => drop(fan_out(folder).on(&stack).parallel(110).run().await?),
        "chain" => drop(chain(folder).on(&stack).run().await?),
        "wide" => drop(wide(folder).on(&stack).parallel(30).run().await?),
        "printing" => drop(printing(folder).on(&stack).run().await?),
        "retrying" => drop(retrying().on(&stack).run().await?),
        other => return Err(format!("nothing is called `{other}`").into()),
    }
    println!("the program has ended");
    Ok(())
}
