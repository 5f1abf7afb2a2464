//! What a scheduler uses when nothing is due.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use zen_core::prelude::*;
use zen_core::schedule::{Schedule, Scheduler};

use crate::due::{squaring, stack};

const IDLE: &str = "idle-child";

/// The time that a scheduler takes to begin its work, in seconds.
const BEGINNING: u64 = 2;

/// When this process was started as a part of the benchmark: does that part.
pub(crate) fn child() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, home, seconds] = arguments.as_slice() else {
        return None;
    };
    if mode != IDLE {
        return None;
    }
    let idle = || -> Result<f64> { wait(Path::new(home), seconds.parse()?) };
    Some(match idle() {
        Ok(used) => {
            println!("{used}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

/// The seconds of a processor that a scheduler uses in so many seconds.
fn wait(home: &Path, seconds: u64) -> Result<f64> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let stack = Stack::at(home)?;
        let mut used = 0.0;
        let over = async {
            tokio::time::sleep(Duration::from_secs(BEGINNING)).await;
            let before = processor_time();
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            used = processor_time() - before;
        };
        Scheduler::new().on(&stack).quiet().run_until(over).await?;
        Ok(used)
    })
}

/// What the threads that live have used, in seconds: as exact as the system counts. None of them ends while a scheduler waits.
fn processor_time() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("a list of threads");
    let used = |task: std::io::Result<std::fs::DirEntry>| -> Option<f64> {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    tasks.filter_map(used).sum::<f64>() / 1e9
}

pub(crate) fn print(schedules: usize, seconds: u64) {
    let (folder, stack) = stack();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        for n in 0..schedules {
            let daily = Schedule::every(Duration::from_secs(86_400)).expect("a schedule");
            let scheduling = squaring(n as u64).schedule(format!("daily {n}"), daily);
            scheduling.on(&stack).await.expect("a schedule");
        }
    });
    drop(stack);
    let output = Command::new(std::env::current_exe().expect("this program"))
        .arg(IDLE)
        .arg(folder.path().join(".zen"))
        .arg(seconds.to_string())
        .stdin(Stdio::null())
        .output()
        .expect("a process");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let used: f64 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .expect("a number");
    let hourly = used * 3600.0 / seconds as f64;
    println!(
        "{:<44}{:>12}",
        format!("{schedules} daily schedules, {seconds} s measured"),
        format!("{hourly:.2} s/h")
    );
}
