//! What people may call things by: ids, their beginnings, and names.

use uuid::Uuid;
use zen_core::client::{ArtifactView, Client, RunView};
use zen_core::metadata::{ArtifactFilter, IdKind, RunFilter, ScheduleFilter, ServiceFilter};
use zen_core::schedule::ScheduleView;
use zen_core::service::Service;

use crate::error::Error;
use crate::output::id;
use crate::run::program;

/// How many candidates of an ambiguous prefix are shown.
const SHOWN: u32 = 10;

/// Of how many runs similar names are offered.
const SIMILAR: u32 = 100;

/// The id that begins so; none when there is none.
fn by_prefix(client: &Client, kind: IdKind, text: &str) -> Result<Option<Uuid>, Error> {
    let Some((low, high)) = id::range(text) else {
        return Ok(None);
    };
    let found = client
        .stack()
        .metadata()
        .ids_between(kind, low, high, SHOWN + 1)?;
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        several => Err(ambiguous(text, several.iter().map(Uuid::to_string).collect())),
    }
}

fn ambiguous(text: &str, mut candidates: Vec<String>) -> Error {
    let more = candidates.len() > SHOWN as usize;
    candidates.truncate(SHOWN as usize);
    let list = candidates.join("\n  ");
    Error::Ambiguous {
        message: format!(
            "`{text}` may be several:\n  {list}{}",
            if more { "\n  .." } else { "" }
        ),
        help: "type more of the one you mean".into(),
    }
}

/// What to say when there is nothing of that name: similar names, else where to look.
pub(crate) fn missing(what: &str, text: &str, names: &[String], list: &str) -> Error {
    let similar = similar(names, text);
    let help = match similar.as_slice() {
        [] => format!("`{} {list}` shows what there is", program()),
        names => format!("did you mean {}?", names.join(" or ")),
    };
    Error::not_found(format!("there is no {what} `{text}`"), help)
}

pub(crate) fn similar(names: &[String], wanted: &str) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut near: Vec<(f64, &String)> = names
        .iter()
        .map(|name| (strsim::jaro_winkler(&name.to_lowercase(), &wanted), name))
        .filter(|(near, name)| *near > 0.82 || (wanted.len() > 2 && name.to_lowercase().contains(&wanted)))
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    near.into_iter()
        .take(3)
        .map(|(_, name)| format!("`{name}`"))
        .collect()
}

/// A run by its id or its beginning, by its name, or the newest one of a pipeline.
pub(crate) fn run(client: &Client, text: &str) -> Result<RunView, Error> {
    let metadata = client.stack().metadata();
    if let Ok(id) = Uuid::parse_str(text)
        && let Some(record) = metadata.run(id)?
    {
        return Ok(client.run(record.id)?);
    }
    let newest = RunFilter {
        pipeline: Some(text.to_owned()),
        limit: Some(1),
        ..RunFilter::default()
    };
    if let Some(run) = client.runs(&newest)?.pop() {
        return Ok(run);
    }
    if let Some(id) = by_prefix(client, IdKind::Run, text)? {
        return Ok(client.run(id)?);
    }
    let named = RunFilter {
        name: Some(text.to_owned()),
        limit: Some(1),
        ..RunFilter::default()
    };
    if let Some(run) = client.runs(&named)?.pop() {
        return Ok(run);
    }
    let mut names = pipeline_names(client)?;
    let recent = RunFilter {
        limit: Some(SIMILAR),
        ..RunFilter::default()
    };
    names.extend(client.runs(&recent)?.iter().map(|run| run.name().to_owned()));
    Err(missing("run", text, &names, "run list"))
}

pub(crate) fn pipeline_names(client: &Client) -> Result<Vec<String>, Error> {
    let pipelines = client.pipelines()?;
    Ok(pipelines.into_iter().map(|pipeline| pipeline.name).collect())
}

/// Refuses the name of a pipeline that has never been run.
pub(crate) fn pipeline(client: &Client, name: &str) -> Result<String, Error> {
    let names = pipeline_names(client)?;
    match names.iter().any(|known| known == name) {
        true => Ok(name.to_owned()),
        false => Err(missing("pipeline", name, &names, "pipeline list")),
    }
}

/// As [`pipeline`], but one that has never been run is known when it has a schedule or a service.
pub(crate) fn known_pipeline(client: &Client, name: &str) -> Result<String, Error> {
    let metadata = client.stack().metadata();
    let mut names = pipeline_names(client)?;
    let schedules = metadata.schedules(&ScheduleFilter::default())?;
    names.extend(schedules.into_iter().map(|schedule| schedule.pipeline));
    let services = metadata.services(&ServiceFilter::default())?;
    names.extend(services.into_iter().filter_map(|service| service.pipeline));
    names.sort();
    names.dedup();
    match names.iter().any(|known| known == name) {
        true => Ok(name.to_owned()),
        false => Err(missing("pipeline", name, &names, "pipeline list")),
    }
}

/// A version of an artifact: `name` for the newest, `name@3`, or an id.
pub(crate) fn artifact(client: &Client, text: &str) -> Result<ArtifactView, Error> {
    let metadata = client.stack().metadata();
    let (name, number) = match text.rsplit_once('@') {
        Some((name, number)) => match number.parse::<u32>() {
            Ok(number) => (name, Some(number)),
            Err(_) => (text, None),
        },
        None => (text, None),
    };
    if let Some(record) = metadata.artifact_version(name, number)? {
        return Ok(client.artifact(&record.name, Some(record.number))?);
    }
    if let Some(newest) = metadata.artifact_version(name, None)? {
        return Err(Error::not_found(
            format!("artifact `{name}` has no version {}", number.unwrap_or_default()),
            format!(
                "its newest is `{name}@{}`; `{} artifact versions {name}` shows all",
                newest.number,
                program()
            ),
        ));
    }
    let id = match Uuid::parse_str(text) {
        Ok(id) => Some(id),
        Err(_) => by_prefix(client, IdKind::Artifact, text)?,
    };
    if let Some(id) = id
        && let Some(record) = metadata.artifact(id)?
    {
        return Ok(client.artifact(&record.name, Some(record.number))?);
    }
    Err(missing(
        "artifact",
        name,
        &client.artifact_names()?,
        "artifact list",
    ))
}

/// Refuses the name of an artifact that isn't there.
pub(crate) fn artifact_name(client: &Client, name: &str) -> Result<String, Error> {
    let filter = ArtifactFilter {
        name: Some(name.to_owned()),
        limit: Some(1),
        ..ArtifactFilter::default()
    };
    match client.stack().metadata().artifacts(&filter)?.is_empty() {
        false => Ok(name.to_owned()),
        true => Err(missing(
            "artifact",
            name,
            &client.artifact_names()?,
            "artifact list",
        )),
    }
}

/// A model server by its id, or by the name of its service or its model, when only one has it.
pub(crate) fn server(client: &Client, text: &str) -> Result<Service, Error> {
    let servers = servers(client)?;
    let exact = Uuid::parse_str(text).ok();
    let id = match exact {
        Some(id) => Some(id),
        None => match servers.iter().any(|server| server.name() == text) {
            true => None,
            false => by_prefix(client, IdKind::Service, text)?,
        },
    };
    let model = |server: &Service| server.record().ok().and_then(|record| record.model_name);
    let mut found: Vec<&Service> = match id {
        Some(id) => servers.iter().filter(|server| server.id() == id).collect(),
        None => servers.iter().filter(|server| server.name() == text).collect(),
    };
    if found.is_empty() && id.is_none() {
        found = servers
            .iter()
            .filter(|server| model(server).as_deref() == Some(text))
            .collect();
    }
    match found.as_slice() {
        [only] => Ok((*only).clone()),
        [] => {
            let mut names: Vec<String> = servers.iter().map(|server| server.name().to_owned()).collect();
            names.extend(servers.iter().filter_map(model));
            names.sort();
            names.dedup();
            Err(missing(
                "model server",
                text,
                &names,
                "model-deployer models list",
            ))
        }
        several => Err(ambiguous(
            text,
            several.iter().map(|server| server.id().to_string()).collect(),
        )),
    }
}

/// What deployers made, of whatever flavour, newest first.
pub(crate) fn servers(client: &Client) -> Result<Vec<Service>, Error> {
    let metadata = client.stack().metadata();
    let records = metadata.services(&ServiceFilter::default())?;
    let made = records.into_iter().filter(|record| record.flavor.is_some());
    made.map(|record| Ok(Service::find(client.stack(), record.id)?))
        .collect()
}

/// A schedule by its name or its id.
pub(crate) fn schedule(client: &Client, text: &str) -> Result<ScheduleView, Error> {
    Ok(client.schedule(&schedule_name(client, text)?)?)
}

/// The name of a schedule, which need not be readable, by its name or its id.
pub(crate) fn schedule_name(client: &Client, text: &str) -> Result<String, Error> {
    let metadata = client.stack().metadata();
    if metadata.schedule_named(text)?.is_some() {
        return Ok(text.to_owned());
    }
    let id = match Uuid::parse_str(text) {
        Ok(id) => Some(id),
        Err(_) => by_prefix(client, IdKind::Schedule, text)?,
    };
    if let Some(id) = id
        && let Some(record) = metadata.schedule(id)?
    {
        return Ok(record.name);
    }
    let all = metadata.schedules(&ScheduleFilter::default())?;
    let names: Vec<String> = all.into_iter().map(|schedule| schedule.name).collect();
    Err(missing("schedule", text, &names, "schedule list"))
}
