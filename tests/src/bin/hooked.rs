//! A program whose hooks tests wait for, interrupt and kill.
//!
//! Arguments: a journal, in which hooks write a line each, and what to do.

use std::io::Write;
use std::time::Duration;

use zen_core::graph::Component;
use zen_core::prelude::*;

/// The file that hooks write to.
struct Journal(String);

fn note(journal: &str, line: &str) -> Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(journal)?;
    writeln!(file, "{line}")?;
    Ok(())
}

fn write(event: &HookEvent, line: &str) -> Result<()> {
    note(&event.component::<Journal>().ok_or("no journal")?.0, line)
}

/// Says that it begins, and waits for a line on the standard input.
async fn waits(event: HookEvent) -> Result<()> {
    println!("hook");
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
    write(&event, &format!("{event}"))
}

async fn hangs(event: HookEvent) -> Result<()> {
    write(&event, "hangs")?;
    println!("hook");
    std::future::pending().await
}

async fn notes(event: HookEvent) -> Result<()> {
    write(&event, &format!("{event} in {}", std::process::id()))
}

#[step(cache = false, on_success = waits)]
fn short() -> u32 {
    1
}

#[pipeline]
fn waiting() -> Artifact<u32> {
    short()
}

#[step(cache = false, on_success(hangs, notes))]
fn hooked() -> u32 {
    1
}

#[pipeline(on_success = notes, on_failure = notes)]
fn of_a_step() -> Artifact<u32> {
    hooked()
}

#[step(cache = false)]
async fn endless(value: u32) -> u32 {
    std::future::pending::<()>().await;
    value
}

#[pipeline(on_success = notes, on_failure = notes)]
fn beside_a_step() -> Artifact<u32> {
    endless(hooked())
}

#[step(cache = false)]
fn plain() -> u32 {
    1
}

#[pipeline(on_success(hangs, notes))]
fn of_the_run() -> Artifact<u32> {
    plain()
}

#[step(cache = false, isolation = process, on_success = notes, on_failure = notes)]
fn apart(aborts: bool) -> u32 {
    if aborts {
        std::process::abort();
    }
    std::process::id()
}

#[pipeline]
fn isolated(aborts: bool) -> Artifact<u32> {
    apart(aborts)
}

#[zen_core::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let journal = arguments.next().ok_or("which journal?")?;
    let component = Component::new(
        "journal",
        "journal",
        "file",
        std::sync::Arc::new(Journal(journal.clone())),
    );
    let home = std::env::var_os("ZEN_HOME").ok_or("no ZEN_HOME")?;
    let stack = Stack::builder().home(home).component(component).build()?;
    let grace = Duration::from_millis(100);
    let pipeline = match arguments.next().as_deref() {
        Some("waiting") => waiting(),
        Some("of_a_step") => of_a_step(),
        Some("beside_a_step") => beside_a_step(),
        Some("of_the_run") => of_the_run(),
        Some("isolated") => isolated(false),
        Some("aborting") => isolated(true),
        other => return Err(format!("what is {other:?}?").into()),
    };
    let run = pipeline.on(&stack).quiet().grace(grace).run().await?;
    note(&journal, &format!("the program goes on: {}", run.status()))?;
    println!("{}", run.output().await?);
    Ok(())
}
