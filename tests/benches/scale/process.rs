//! A fresh process that opens a stack and asks one thing.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use zen_core::prelude::*;

use crate::fill::pipeline;

const ASK: &str = "ask-child";

/// When this process was started as a part of a benchmark: does that part.
pub(crate) fn child() -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(ASK) {
        return None;
    }
    let mut asked = || -> Result<Status> {
        let home = arguments.next().ok_or("no folder was given")?;
        let client = Client::of(Stack::at(Path::new(&home))?);
        Ok(client.last_run(&pipeline(3))?.status())
    };
    match asked() {
        Ok(_) => Some(ExitCode::SUCCESS),
        Err(_) => Some(ExitCode::FAILURE),
    }
}

pub(crate) fn ask(home: &Path) {
    let status = Command::new(std::env::current_exe().expect("this program"))
        .arg(ASK)
        .arg(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("a process");
    assert!(status.success(), "the process found no run");
}
