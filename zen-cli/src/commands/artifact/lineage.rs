//! `artifact lineage`.

use std::collections::{HashSet, VecDeque};

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
    #[arg(long, short, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    depth: u32,
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
    /// It stands elsewhere in the tree, with what comes next, and no farther from the artifact.
    repeated: bool,
    /// More comes next than --depth shows.
    more: bool,
}

/// Finds what is next to an artifact in one direction.
type Next = fn(&ArtifactView) -> Result<Vec<ArtifactView>, zen_core::client::ClientError>;

/// An artifact that was found, and at whose end of the tree.
struct Found {
    view: ArtifactView,
    /// Where the one stands that it is next to; none for those that are next to the artifact itself.
    below: Option<usize>,
    /// How many steps it is away.
    depth: u32,
    repeated: bool,
    more: bool,
}

/// What is up to `depth` steps away. The nearest are found first, so that each artifact goes on where most of what comes next is within
/// the depth.
fn walk(artifact: &ArtifactView, next: Next, depth: u32) -> Result<Vec<Made>, Error> {
    let mut seen = HashSet::from([artifact.id()]);
    let mut all: Vec<Found> = Vec::new();
    let mut waiting = VecDeque::from([(artifact.clone(), None)]);
    while let Some((view, at)) = waiting.pop_front() {
        let away = at.map_or(0, |at: usize| all[at].depth);
        let found = next(&view)?;
        if let Some(at) = at
            && away >= depth
        {
            all[at].more = !found.is_empty();
            continue;
        }
        for view in found {
            let repeated = !seen.insert(view.id());
            if !repeated {
                waiting.push_back((view.clone(), Some(all.len())));
            }
            all.push(Found {
                view,
                below: at,
                depth: away + 1,
                repeated,
                more: false,
            });
        }
    }
    tree(all)
}

/// Puts each below the one it is next to. Those stand before it, so that it is complete when it is put there.
fn tree(all: Vec<Found>) -> Result<Vec<Made>, Error> {
    let mut next: Vec<Vec<Made>> = all.iter().map(|_| Vec::new()).collect();
    let mut first = Vec::new();
    for (at, found) in all.into_iter().enumerate().rev() {
        let mut beyond = std::mem::take(&mut next[at]);
        beyond.reverse();
        let made = Made {
            artifact: ArtifactName::of(&found.view),
            step: found.view.producer()?.map(|step| step.name().to_owned()),
            run: found.view.record().producer_run,
            next: beyond,
            repeated: found.repeated,
            more: found.more,
        };
        match found.below {
            Some(below) => next[below].push(made),
            None => first.push(made),
        }
    }
    first.reverse();
    Ok(first)
}

impl Command for Lineage {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let artifact = find::artifact(client, &self.artifact)?;
        let wanted = |wanted: bool, next: Next| wanted.then(|| walk(&artifact, next, self.depth)).transpose();
        let output = Output {
            artifact: ArtifactName::of(&artifact),
            made_from: wanted(!self.down, ArtifactView::made_from)?,
            made_of_it: wanted(!self.up, ArtifactView::made_of_it)?,
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
                draw(out, made, "", &mut HashSet::new(), &mut text);
            }
            Ok(text)
        })?;
        Ok(Exit::Success)
    }
}

/// `drawn` are those above, with what comes next.
fn draw(out: &Out, made: &[Made], before: &str, drawn: &mut HashSet<Uuid>, text: &mut String) {
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
        if !one.repeated {
            drawn.insert(one.artifact.id);
        }
        let note = match (one.repeated, one.more) {
            (true, _) if drawn.contains(&one.artifact.id) => "  (see above)",
            (true, _) => "  (see below)",
            (_, true) => "  ..",
            _ => "",
        };
        let room = out.room().unwrap_or(usize::MAX);
        let tree = format!("{before}{branch}");
        let tail = width::clean(&format!("@{}{step}{note}", one.artifact.version));
        let left = room.saturating_sub(width::width(&tree) + width::width(&tail));
        let line = width::cut(&width::clean(&one.artifact.name), left.max(2)) + &tail;
        // Only where even the step has no room.
        let line = width::cut(&line, room.saturating_sub(width::width(&tree)).max(2));
        *text += &format!("{}{line}\n", out.paint(&tree, Style::Dim));
        draw(out, &one.next, &format!("{before}{below}"), drawn, text);
    }
}
