//! `model-deployer models predict`.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use serde_json::Value;

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;

/// Ask a model server for predictions: a JSON array of rows in, a JSON array out
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  zen model-deployer models predict churn '[[1.0, 2.0]]'\n  zen model-deployer models predict churn < rows.json"
)]
pub(crate) struct Predict {
    /// The model server: its id or the beginning of it, its name, or its model's name
    model: String,
    /// The rows as JSON [default: read from the standard input]
    #[arg(conflicts_with = "file")]
    rows: Option<String>,
    /// A file with the rows as JSON
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

impl Predict {
    /// The text of the rows, and where it is from.
    fn read(&self) -> Result<(String, String), Error> {
        let failed = |path: PathBuf| {
            move |source| Error::File {
                doing: "reading",
                path,
                source,
            }
        };
        if let Some(rows) = self.rows.as_ref().filter(|rows| *rows != "-") {
            return Ok((rows.clone(), "the argument".into()));
        }
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path).map_err(failed(path.clone()))?;
            return Ok((text, path.display().to_string()));
        }
        let mut input = std::io::stdin();
        if input.is_terminal() && self.rows.is_none() {
            return Err(Error::Usage {
                message: "there are no rows to predict".into(),
                help: Some("give them as an argument, with --file, or on the standard input".into()),
            });
        }
        let mut text = String::new();
        input
            .read_to_string(&mut text)
            .map_err(failed("the standard input".into()))?;
        Ok((text, "the standard input".into()))
    }
}

impl Command for Predict {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let server = find::server(client, &self.model)?;
        let (text, place) = self.read()?;
        let rows: Value = serde_json::from_str(&text).map_err(|error| Error::Usage {
            message: format!("{place} is no JSON: {error}"),
            help: Some("rows are a JSON array, as in `[[1.0, 2.0], [3.0, 4.0]]`".into()),
        })?;
        if !rows.is_array() {
            return Err(Error::Usage {
                message: format!("{place} is no array of rows"),
                help: Some(format!(
                    "a single row stands in brackets too: `[{}]`",
                    text.trim()
                )),
            });
        }
        let predictions = server.predict_json(&rows)?;
        context
            .out
            .show(&predictions, || Ok(format!("{predictions}\n")))?;
        Ok(Exit::Success)
    }
}
