//! `artifact lineage`.

use std::collections::HashSet;

use serde::Serialize;
use uuid::Uuid;
use zen_core::client::ArtifactView;

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::json::ArtifactName;
use crate::output::{Out, Style, width};

/// Show what an artifact was made from, and what was made of it
#[derive(Debug, clap::Args)]
pub(crate) struct Lineage {
    /// The artifact: its name for the newest version, `name@3`, an id or the beginning of one
    artifact: String,
    /// Only what it was made from
    #[arg(long, conflicts_with = "down")]
    up: bool,
    /// Only what was made of it
    #[arg(long)]
    down: bool,
    /// How many steps to follow in each direction
    #[arg(long, short, default_value_t = 5)]
    depth: usize,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    artifact: ArtifactName,
    /// Null when it wasn't asked for.
    made_from: Option<Vec<Made>>,
    made_of_it: Option<Vec<Made>>,
}

/// An artifact and those beyond it.
#[derive(Debug, Serialize)]
struct Made {
    artifact: ArtifactName,
    /// The step that made it.
    step: Option<String>,
    run: Option<Uuid>,
    /// What comes next in the same direction.
    next: Vec<Made>,
    /// It stands elsewhere in the tree, with what comes next.
    repeated: bool,
    /// More comes next than --depth shows.
    more: bool,
}

/// Finds what is next to an artifact in one direction.
type Next = fn(&ArtifactView) -> Result<Vec<ArtifactView>, zen_core::client::ClientError>;

struct Walk {
    next: Next,
    seen: HashSet<Uuid>,
}

impl Walk {
    fn from(&mut self, artifact: &ArtifactView, depth: usize) -> Result<Vec<Made>, Error> {
        let mut made = Vec::new();
        for view in (self.next)(artifact)? {
            let repeated = !self.seen.insert(view.id());
            let (next, more) = match (repeated, depth) {
                (true, _) => (Vec::new(), false),
                (false, 0 | 1) => (Vec::new(), !(self.next)(&view)?.is_empty()),
                (false, depth) => (self.from(&view, depth - 1)?, false),
            };
            made.push(Made {
                artifact: ArtifactName::of(&view),
                step: view.producer()?.map(|step| step.name().to_owned()),
                run: view.record().producer_run,
                next,
                repeated,
                more,
            });
        }
        Ok(made)
    }
}

impl Command for Lineage {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let artifact = find::artifact(client, &self.artifact)?;
        let walk = |wanted: bool, next: Next| {
            let mut walk = Walk {
                next,
                seen: HashSet::from([artifact.id()]),
            };
            match wanted && self.depth > 0 {
                true => walk.from(&artifact, self.depth).map(Some),
                false => Ok(None),
            }
        };
        let output = Output {
            artifact: ArtifactName::of(&artifact),
            made_from: walk(!self.down, ArtifactView::made_from)?,
            made_of_it: walk(!self.up, ArtifactView::made_of_it)?,
        };
        let out = &context.out;
        out.show(&output, || {
            let mut text = out.paint(&width::clean(&output.artifact.to_string()), Style::Bold) + "\n";
            let parts = [
                ("made from", &output.made_from),
                ("made of it", &output.made_of_it),
            ];
            for (title, made) in parts {
                let Some(made) = made else { continue };
                text += &format!(
                    "{}{}\n",
                    out.paint(title, Style::Dim),
                    if made.is_empty() { ": nothing" } else { "" }
                );
                draw(out, made, "", &mut text);
            }
            Ok(text)
        })?;
        Ok(Exit::Success)
    }
}

fn draw(out: &Out, made: &[Made], before: &str, text: &mut String) {
    for (number, one) in made.iter().enumerate() {
        let last = number + 1 == made.len();
        let (branch, below) = if last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let step = one
            .step
            .as_ref()
            .map_or_else(String::new, |step| format!("  by {step}"));
        let note = match (one.repeated, one.more) {
            (true, _) => "  (see above)",
            (_, true) => "  ..",
            _ => "",
        };
        let room = out.room().unwrap_or(usize::MAX);
        let tree = format!("{before}{branch}");
        let line = width::clean(&format!("{}{step}{note}", one.artifact));
        let line = width::cut(&line, room.saturating_sub(width::width(&tree)).max(2));
        *text += &format!("{}{line}\n", out.paint(&tree, Style::Dim));
        draw(out, &one.next, &format!("{before}{below}"), text);
    }
}
