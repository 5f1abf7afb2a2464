//! `init`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Command, Context};
use crate::Exit;
use crate::error::Error;
use crate::project::{Named, Project};

/// Make a project: `zen.toml` and `.zen`
///
/// Nothing that is there is overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: zen init --program target/debug/app")]
pub(crate) struct Init {
    /// The project's folder [default: that of --home or ZEN_HOME, else this one]
    folder: Option<PathBuf>,
    /// The project's program: the executable with its pipelines
    #[arg(long, value_name = "PATH")]
    program: Option<String>,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    config: PathBuf,
    home: PathBuf,
}

const CONFIG: &str = include_str!("init/zen.toml");

impl Command for Init {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let home = self.home(&context.project)?;
        let config = home.parent().unwrap_or(&home).join("zen.toml");
        if config.exists() {
            return Err(Error::Usage {
                message: format!("{} is there already", config.display()),
                help: Some("edit it, or remove it first".into()),
            });
        }
        fs::create_dir_all(&home).map_err(failed("making", &home))?;
        let ignore = home.join(".gitignore");
        if !ignore.exists() {
            // All of it: what is kept belongs to this machine.
            write_new(&ignore, "*\n")?;
        }
        let text = match &self.program {
            Some(program) => {
                let line = format!("program = {}", toml::Value::from(program.as_str()));
                CONFIG.replace("# program = \"target/debug/app\"", &line)
            }
            None => CONFIG.to_owned(),
        };
        write_new(&config, &text)?;
        let output = Output { config, home };
        context.out.show(&output, || {
            Ok(format!(
                "made {} and {}\n",
                output.config.display(),
                output.home.display()
            ))
        })?;
        if self.program.is_none() {
            context
                .out
                .hint("name the project's program in zen.toml, so that its pipelines can be run from here");
        }
        Ok(Exit::Success)
    }
}

impl Init {
    /// Where everything is to be kept: an absolute path. `zen.toml` is to stand beside it, where it is looked for.
    fn home(&self, project: &Project) -> Result<PathBuf, Error> {
        let home = match (&self.folder, project.named()) {
            (Some(_), Some(Named::ByCommand)) => {
                return Err(Error::usage("name the project's folder or its --home, not both"));
            }
            (None, Some(_)) => project.home().to_owned(),
            (folder, _) => folder.as_deref().unwrap_or(Path::new(".")).join(".zen"),
        };
        // Without `.` and the like, as people would write it.
        std::path::absolute(&home).map_err(failed("finding", &home))
    }
}

/// Never over something, whoever is quicker.
fn write_new(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = fs::File::create_new(path).map_err(failed("making", path))?;
    file.write_all(text.as_bytes()).map_err(failed("writing", path))
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path, source }
}
