//! The pipelines there are: those that were run, and those that this program could run.

use std::collections::BTreeMap;

use zen_core::client::Client;
use zen_core::graph::{PipelineInfo, registered_pipeline_infos};
use zen_core::metadata::PipelineRecord;

use crate::error::Error;
use crate::find;

/// A pipeline by its name.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// None when it has never been run.
    pub(super) record: Option<PipelineRecord>,
    /// None when this program doesn't have it; several when it has several of this name.
    pub(super) registered: Vec<PipelineInfo>,
}

/// All of them by name.
pub(super) fn all(client: &Client) -> Result<BTreeMap<String, Known>, Error> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for record in client.pipelines()? {
        let name = record.name.clone();
        known.entry(name).or_default().record = Some(record);
    }
    for info in registered_pipeline_infos() {
        known.entry(info.name.clone()).or_default().registered.push(info);
    }
    Ok(known)
}

/// One of them, by its name or by its path in this program.
pub(super) fn one(client: &Client, text: &str) -> Result<(String, Known), Error> {
    let mut known = all(client)?;
    let of_path = registered_pipeline_infos()
        .into_iter()
        .find(|info| info.path == text);
    let name = match &of_path {
        Some(info) if !known.contains_key(text) => info.name.clone(),
        _ => text.to_owned(),
    };
    match known.remove(&name) {
        Some(found) => Ok((name, found)),
        None => {
            let names: Vec<String> = known.into_keys().collect();
            Err(find::missing("pipeline", text, &names, "pipeline list"))
        }
    }
}
