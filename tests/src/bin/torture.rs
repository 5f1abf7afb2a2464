//! Kills a program with `kill -9` again and again, continues it, and checks after every kill that nothing was lost.
//!
//! `cargo run --release -p zen-tests --bin torture -- --kills 1000 [--seed S] [--life L]`. The same seed kills at the same places of the journal.

use std::path::PathBuf;
use std::time::Instant;

use zen_core::prelude::*;
use zen_tests::torture::child;
use zen_tests::torture::lives::{Options, Report, torture};

const USAGE: &str = "usage: torture --kills <n> [--seed <number>] [--life <number>] [--folder <folder>]";

#[zen_core::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, which, journal] = arguments.as_slice()
        && mode == child::MODE
    {
        return child::main(which, journal.clone()).await;
    }
    let options = options(&arguments)?;
    let begun = Instant::now();
    println!(
        "torture: {} kills, seed {}, in {}",
        options.kills,
        options.seed,
        options.folder.display()
    );
    match torture(&options, &mut |report| tell("so far", report)) {
        Ok(report) => {
            tell("torture", &report);
            println!("nothing was lost, in {:.0?}", begun.elapsed());
            // Empty but for the undisturbed run.
            let _ = std::fs::remove_dir_all(&options.folder);
            Ok(())
        }
        Err(wrong) => Err(format!(
            "{wrong}\nthe folder is kept; to replay: torture --kills {} --seed {}",
            options.kills, options.seed
        )
        .into()),
    }
}

fn tell(what: &str, report: &Report) {
    println!(
        "{what}: {} kills in {} lives; of {} steps that had ended, {} were not recorded yet: for {:.1?} (median), at most {:.1?} (`{}`); \
         {} half-written objects",
        report.kills,
        report.lives,
        report.ended,
        report.lost,
        report.median(),
        report.oldest,
        report.slowest,
        report.half_written
    );
}

fn options(arguments: &[String]) -> Result<Options> {
    let seed = u64::from(std::process::id()) ^ zen_tests::torture::journal::micros();
    let mut options = Options {
        program: std::env::current_exe()?,
        folder: PathBuf::new(),
        kills: 50,
        seed: seed % 1_000_000,
        life: 0,
    };
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            return Err(USAGE.into());
        };
        match name.as_str() {
            "--kills" => options.kills = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            "--life" => options.life = value.parse()?,
            "--folder" => options.folder = value.into(),
            _ => return Err(USAGE.into()),
        }
    }
    if options.folder.as_os_str().is_empty() {
        options.folder = std::env::temp_dir().join(format!("zen-torture-{}", std::process::id()));
    }
    std::fs::create_dir_all(&options.folder)?;
    options.folder = options.folder.canonicalize()?;
    Ok(options)
}
