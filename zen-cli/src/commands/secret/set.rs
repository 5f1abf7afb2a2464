//! `secret set`.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use serde::Serialize;
use zen_core::secrets::Secret;

use super::{reference, store};
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::output::ask_secret;

/// Keep a value
///
/// It is asked for, or read from the standard input, a variable or a file: never from the command's arguments, which other
/// users of the machine see, and shells remember.
#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    /// The secret's name
    name: String,
    /// The key in the secret
    key: String,
    /// The variable of the environment that holds the value
    #[arg(long, value_name = "VARIABLE", conflicts_with = "from_file")]
    from_env: Option<String>,
    /// The file that holds the value; a line end at its end doesn't count
    #[arg(long, value_name = "PATH")]
    from_file: Option<PathBuf>,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    name: String,
    key: String,
    location: String,
}

impl Command for Set {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let reference = reference(&self.name, &self.key)?;
        let store = store(context)?;
        let value = self.value()?;
        store.set(&reference, &value)?;
        let output = Output {
            name: self.name,
            key: self.key,
            location: store.location(),
        };
        context.out.show(&output, || {
            Ok(format!("`{{{{{reference}}}}}` is kept in {}\n", output.location))
        })?;
        Ok(Exit::Success)
    }
}

impl Set {
    fn value(&self) -> Result<Secret, Error> {
        if let Some(variable) = &self.from_env {
            let value = std::env::var(variable).map_err(|_| {
                Error::usage(format!(
                    "the environment has no variable `{variable}` that is a text"
                ))
            })?;
            return Ok(Secret::new(value));
        }
        if let Some(path) = &self.from_file {
            let text = std::fs::read_to_string(path).map_err(|source| Error::File {
                doing: "reading",
                path: path.clone(),
                source,
            })?;
            return Ok(Secret::new(without_line_end(text)));
        }
        let mut input = std::io::stdin();
        if input.is_terminal() {
            let question = format!("value of {}.{} (not shown): ", self.name, self.key);
            return ask_secret(&question).map(Secret::new);
        }
        let mut text = String::new();
        input.read_to_string(&mut text).map_err(|source| Error::File {
            doing: "reading",
            path: "the standard input".into(),
            source,
        })?;
        Ok(Secret::new(without_line_end(text)))
    }
}

fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}
