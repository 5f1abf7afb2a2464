//! A program with schedules, for tests to kill.
//!
//! `timekeeper declare <declaration as JSON>`, `timekeeper scheduler [--concurrency n] [--grace ms] [--silence ms]` and
//! `timekeeper trigger|pause|resume|delete <schedule>` work on the project's store. `timekeeper here <journal> <gate>` declares a schedule
//! of a pipeline that no other program has.
//!
//! `cargo run --release -p zen-tests --bin timekeeper -- soak --seconds 3600 [--seed S]` fires slots for an hour from two schedulers that are
//! killed, stopped and held all the time, and checks that each slot has exactly one record in the end.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use zen_core::prelude::*;
use zen_core::schedule::Schedule;
use zen_tests::timekeeper::declare::Declaration;
use zen_tests::timekeeper::journal::{Did, note};
use zen_tests::timekeeper::schedulers;
use zen_tests::timekeeper::soak::{Options, soak};

const USAGE: &str = "usage: timekeeper declare|scheduler|trigger|pause|resume|delete|here|soak ..";

/// What no other program has. Waits for a file.
#[step(cache = false, ignore(journal))]
fn stay(ctx: &StepContext, journal: &str, gate: &str) -> Result<u32> {
    note(journal, Did::Begin, ctx)?;
    while !std::path::Path::new(gate).exists() {
        if ctx.is_cancelled() {
            note(journal, Did::Cancelled, ctx)?;
            return Err("cancelled".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    note(journal, Did::End, ctx)?;
    Ok(std::process::id())
}

#[pipeline]
fn only_here(journal: String, gate: String) -> Artifact<u32> {
    stay(journal.as_str(), gate.as_str())
}

#[zen_core::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((mode, rest)) = arguments.split_first() else {
        return Err(USAGE.into());
    };
    match (mode.as_str(), rest) {
        (schedulers::MODE, options) => return Ok(schedulers::main(options).await?.into()),
        ("declare", [declaration]) => {
            let declaration: Declaration = serde_json::from_str(declaration)?;
            declaration.keep(&Stack::active()?).await?;
        }
        ("here", [journal, gate]) => {
            let daily = Schedule::every(Duration::from_secs(86_400))?;
            only_here(journal.clone(), gate.clone())
                .schedule("here", daily)
                .await?;
        }
        ("soak", options) => soak_as_told(options).await?,
        (change, [name]) => {
            let schedule = Client::open()?.schedule(name)?;
            match change {
                "trigger" => drop(schedule.trigger().await?),
                "pause" => drop(schedule.pause("by hand").await?),
                "resume" => drop(schedule.resume().await?),
                "delete" => schedule.delete().await?,
                _ => return Err(USAGE.into()),
            }
        }
        _ => return Err(USAGE.into()),
    }
    Ok(ExitCode::SUCCESS)
}

async fn soak_as_told(arguments: &[String]) -> Result<()> {
    let options = options(arguments)?;
    let begun = Instant::now();
    println!(
        "soak: {} s, seed {}, in {}",
        options.seconds,
        options.seed,
        options.folder.display()
    );
    match soak(&options).await {
        Ok(report) => {
            println!(
                "soak: {} kills, {} stops ({} cancelled runs), {} holds, {} aborts",
                report.kills, report.stops, report.cancelled, report.holds, report.aborts
            );
            let found = report.found;
            println!(
                "{} slots: {:?}; {} runs, {} takeovers after a death",
                found.slots, found.states, found.runs, found.deaths
            );
            println!("each slot has one record, in {:.0?}", begun.elapsed());
            let _ = std::fs::remove_dir_all(&options.folder);
            Ok(())
        }
        Err(wrong) => Err(format!(
            "{wrong}\nthe folder is kept; to try again: timekeeper soak --seconds {} --seed {}",
            options.seconds, options.seed
        )
        .into()),
    }
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        program: std::env::current_exe()?,
        folder: PathBuf::new(),
        seconds: 60,
        seed: u64::from(std::process::id()),
    };
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            return Err("usage: timekeeper soak [--seconds n] [--seed n] [--folder f]".into());
        };
        match name.as_str() {
            "--seconds" => options.seconds = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            "--folder" => options.folder = value.into(),
            _ => return Err(format!("soak has no option `{name}`").into()),
        }
    }
    if options.folder.as_os_str().is_empty() {
        options.folder = std::env::temp_dir().join(format!("zen-soak-{}", std::process::id()));
    }
    std::fs::create_dir_all(&options.folder)?;
    options.folder = options.folder.canonicalize()?;
    Ok(options)
}
