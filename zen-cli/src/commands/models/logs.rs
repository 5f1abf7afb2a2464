//! `model-deployer models logs`.

use clap::builder::RangedU64ValueParser;
use serde::Serialize;

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::width::clean;

/// Show the log of a model server
///
/// With --output json, a line of JSON for every line.
#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// The model server: its id or the beginning of it, its name, or its model's name
    model: String,
    /// Go on until the server ends
    #[arg(long, short)]
    follow: bool,
    /// Only the last so many lines
    #[arg(long, short = 'n', value_name = "LINES", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    tail: Option<usize>,
}

/// What it prints for programs: one a line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    message: &'a str,
}

impl Command for Logs {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let server = find::server(client, &self.model)?;
        for line in server.logs(self.follow, self.tail)? {
            match context.out.is_json() {
                true => context.out.json_line(&Line { message: &line })?,
                false => context.out.line(&clean(&line))?,
            }
            if self.follow {
                context.out.flush()?;
            }
            if context.out.is_closed() {
                break;
            }
        }
        Ok(Exit::Success)
    }
}
