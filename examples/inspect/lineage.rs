//! What an artifact was made from, all the way down.

use std::fmt::Write as _;

use zen_core::prelude::*;

/// A line for the artifact and one for each of its ancestors, indented by how far off they are.
pub(crate) fn tree(artifact: &ArtifactView) -> Result<String> {
    let mut text = String::new();
    let mut shown = Vec::new();
    let mut ahead = vec![(artifact.clone(), 1)];
    while let Some((artifact, depth)) = ahead.pop() {
        let maker = artifact
            .producer()?
            .map_or("saved outside any run".into(), |step| {
                format!("by {}", step.name())
            });
        write!(text, "{:indent$}{artifact} {maker}", "", indent = 2 * depth)?;
        // Several ways can lead to one ancestor: its own ancestors are told once.
        if shown.contains(&artifact.id()) {
            writeln!(text, ", as above")?;
            continue;
        }
        writeln!(text)?;
        shown.push(artifact.id());
        ahead.extend(
            artifact
                .made_from()?
                .into_iter()
                .rev()
                .map(|parent| (parent, depth + 1)),
        );
    }
    Ok(text)
}
