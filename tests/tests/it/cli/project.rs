//! A project that was run, and the program that looks at it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use zen_core::prelude::*;

#[step]
fn rows(ctx: &StepContext, count: u64) -> Vec<f64> {
    ctx.log(format!("making {count} rows"));
    (0..count).map(|n| n as f64).collect()
}

#[step]
fn mean(ctx: &StepContext, rows: &[f64]) -> Result<f64> {
    let mean = rows.iter().sum::<f64>() / rows.len() as f64;
    ctx.log_metric("mean", mean)?;
    Ok(mean)
}

#[step]
fn square(x: f64) -> f64 {
    x * x
}

#[step]
fn report(mean: f64, squares: &[f64]) -> String {
    format!("mean {mean}, {} squares", squares.len())
}

/// A chain, a branch, a fan-out, a join.
#[pipeline]
pub fn summary(count: u64) -> Artifact<String> {
    let rows = rows(count);
    let squares = rows.each(|x| square(x));
    report(mean(rows), squares)
}

#[step(cache = false)]
fn breaks(rows: &[f64]) -> Result<u64> {
    Err(format!("{} rows are too few", rows.len()).into())
}

#[pipeline]
pub fn failing() -> Artifact<u64> {
    breaks(rows(2))
}

#[step(cache = false)]
fn number() -> u64 {
    1
}

#[pipeline]
pub fn lonely() -> Artifact<u64> {
    number()
}

/// A folder with what runs left in it.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    #[track_caller]
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it ends by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }

    /// The error as programs read it.
    #[track_caller]
    pub fn error(&self) -> Value {
        let error: Value = serde_json::from_str(&self.err).unwrap();
        error["error"].clone()
    }
}

impl Project {
    /// Nothing has happened here.
    pub fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Somebody has described it, and nothing has happened.
    pub fn described(zen_toml: &str) -> Self {
        let project = Self::empty();
        std::fs::write(project.folder().join("zen.toml"), zen_toml).unwrap();
        project
    }

    /// `summary` was run twice, and `failing` once.
    pub async fn new() -> Self {
        let project = Self::empty();
        let stack = project.stack();
        // One after the other, so that all is recorded in the same order every time.
        summary(3).on(&stack).parallel(1).quiet().run().await.unwrap();
        summary(4).on(&stack).parallel(1).quiet().run().await.unwrap();
        failing().on(&stack).quiet().run().await.unwrap_err();
        drop(stack);
        project.closed().await;
        project
    }

    /// What nobody refers to but its own run was made twice as well.
    pub async fn with_more() -> Self {
        let project = Self::new().await;
        let stack = project.stack();
        for _ in 0..2 {
            lonely().on(&stack).quiet().run().await.unwrap();
        }
        drop(stack);
        project.closed().await;
        project
    }

    /// Nobody has the database open any more: threads of a run may end a little later than the run.
    async fn closed(&self) {
        let shared = ["metadata.db-wal", "metadata.db-shm"].map(|name| self.home().join(name));
        let live = self.home().join("live");
        // The last thing a stack does is to say that its process lives no more.
        let is_closed = move || {
            let lives = std::fs::read_dir(&live).is_ok_and(|mut entries| entries.next().is_some());
            !lives && !shared.iter().any(|path| path.exists())
        };
        crate::support::eventually_async("the database is closed", is_closed).await;
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.folder().join(".zen")
    }

    pub fn stack(&self) -> Stack {
        Stack::builder().home(self.home()).build().unwrap()
    }

    /// The program in the project's folder, with nothing of this process's environment that changes what it prints.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.program(env!("CARGO_BIN_EXE_command"), arguments)
    }

    /// Another program, in the same way.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        // What it is called in what it says.
        command.arg0("zen");
        command.args(arguments).current_dir(self.folder());
        for name in ["CI", "NO_COLOR", "RUST_LOG", "COLUMNS"] {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ZEN_") {
                command.env_remove(name);
            }
        }
        command
            .env("TZ", "UTC")
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    #[track_caller]
    pub fn zen(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// What it says to programs.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--output", "json"]);
        self.zen(&arguments).json()
    }

    /// What it says to programs, to the letter.
    #[track_caller]
    pub fn shown(&self, arguments: &[&str]) -> String {
        let said = self.zen(&[arguments, &["--output", "json"]].concat());
        said.json();
        assert_eq!(said.err, "", "hints are for people");
        said.out
    }

    /// The ids of all runs of a pipeline, newest first.
    pub fn runs(&self, pipeline: &str) -> Vec<String> {
        let runs = self.json(&["run", "list", "--pipeline", pipeline]);
        let runs = runs["runs"].as_array().unwrap();
        runs.iter()
            .map(|run| run["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Compares with a stored snapshot, without what differs from run to run.
macro_rules! assert_shown {
    ($name:literal, $text:expr) => {
        let mut settings = insta::Settings::clone_current();
        for (pattern, replacement) in $crate::cli::project::FILTERS {
            settings.add_filter(pattern, *replacement);
        }
        settings.set_prepend_module_to_snapshot(false);
        settings.bind(|| insta::assert_snapshot!($name, $text));
    };
}
pub(super) use assert_shown;

/// What differs from run to run.
pub const FILTERS: &[(&str, &str)] = &[
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[id]",
    ),
    (r"[0-9a-f]{64}", "[digest]"),
    (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "[time]"),
    (r"(summary|failing|deploying)-[0-9_-]{20,}", "$1-[time]"),
    (r#""duration": [0-9.e-]+"#, r#""duration": [seconds]"#),
    (r#""(pid|size)": \d+"#, r#""$1": [number]"#),
    (r#""(host|user|git_commit)": ("[^"]*"|null)"#, r#""$1": [text]"#),
    (r#""(program|home|project|path)": "[^"]*""#, r#""$1": [path]"#),
    (r#""location": "/[^"]*""#, r#""location": [path]"#),
    (r"file://[^\x22 ]*", "[file]"),
    (r"127\.0\.0\.1:\d+", "[address]"),
];
