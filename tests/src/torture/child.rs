//! The program that is killed.

use std::path::Path;
use std::process::{Command, Stdio};

use zen_core::prelude::*;

use super::pipeline;

/// The first argument that makes the program the one to be killed.
pub const MODE: &str = "child";

/// Which pipeline a child runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// [`pipeline::torture`].
    Torture,
    /// [`pipeline::beside`].
    Beside,
}

impl Which {
    /// The pipeline's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Torture => "torture",
            Self::Beside => "beside",
        }
    }
}

/// A command that runs, or continues, a pipeline over the store in `home`; `program` is this program's executable.
pub fn command(program: &Path, home: &Path, journal: &Path, which: Which) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    command
        .args([MODE, which.name()])
        .arg(journal)
        .env("ZEN_HOME", home)
        .env("ZEN_PROGRESS", "off")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What the child does: continues what was interrupted, and prints the digests of the outputs.
///
/// # Errors
/// When the run fails.
pub async fn main(which: &str, journal: String) -> Result<()> {
    // Too large for a row: a parameter that becomes an object.
    let salt: Vec<u8> = (0..20_000u32).map(|i| (i % 251) as u8).collect();
    let steps: &[&str] = match which {
        "torture" => &["summary", "apart_3", "link_13"],
        _ => &["link"],
    };
    let run = match which {
        "torture" => pipeline::torture(journal, salt).resume_last().run().await?.id(),
        _ => pipeline::beside(journal).resume_last().run().await?.id(),
    };
    let run = Client::open()?.run(run)?;
    for name in steps {
        let step = run.step(name)?;
        match step.status().is_success() {
            true => println!("{name} {}", step.output("output")?.digest()),
            false => println!("{name} {}", step.status()),
        }
    }
    Ok(())
}
