//! What no store may keep.

use std::collections::BTreeMap;

use serde_json::json;

use super::Check;
use super::samples::{apply, called, hook, log, ok, recorded, run, started, step};
use crate::metadata::{Change, HookRecord, LogRecord, MetadataStore, RunRecord, StepRecord};
use crate::secrets::{Secret, conceal};

pub(super) const CHECKS: &[(&str, Check)] = &[("no_secret_is_written", no_secret_is_written)];

const SECRET: &str = "c0nf0rmance-s3cret";

fn no_secret_is_written(store: &dyn MetadataStore) {
    conceal(&Secret::new(SECRET));
    let said = format!("said: {SECRET}");
    let run = RunRecord {
        name: said.clone(),
        arguments: json!({ "deep": [&said] }),
        error: Some(said.clone()),
        tags: vec![said.clone()],
        ..run("p")
    };
    let step = StepRecord {
        error: Some(said.clone()),
        parameters: json!({ SECRET: 1 }),
        metadata: BTreeMap::from([(said.clone(), json!(said))]),
        ..step(run.id, "s")
    };
    apply(store, &[started(&run), recorded(&step)]);
    let logged = LogRecord {
        message: said.clone(),
        ..log(step.id, 0)
    };
    let ended = HookRecord {
        error: Some(said),
        ..hook(Some(run.id), None)
    };
    let lists = [vec![Change::Log(logged)], vec![called(&ended)]];
    for applied in store.apply_each(&lists) {
        ok(applied, "apply_each");
    }

    let found = ok(store.run(run.id), "run").expect("the run is recorded");
    assert_eq!(
        (found.name.as_str(), found.error.as_deref()),
        ("said: ***", Some("said: ***"))
    );
    assert_eq!(
        (found.tags, found.arguments),
        (vec!["said: ***".to_owned()], json!({ "deep": ["said: ***"] }))
    );
    let found = ok(store.step(step.id), "step").expect("the step is recorded");
    assert_eq!(
        (found.error.as_deref(), found.parameters),
        (Some("said: ***"), json!({ "***": 1 }))
    );
    assert_eq!(
        found.metadata,
        BTreeMap::from([("said: ***".to_owned(), json!("said: ***"))])
    );
    let logs = ok(store.logs(step.id, 0, 10), "logs");
    assert_eq!(
        logs.iter().map(|log| log.message.as_str()).collect::<Vec<_>>(),
        ["said: ***"]
    );
    let hooks = ok(store.hooks(run.id), "hooks");
    assert_eq!(hooks[0].error.as_deref(), Some("said: ***"));
}
