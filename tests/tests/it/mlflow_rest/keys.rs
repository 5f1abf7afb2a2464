//! Names and values that MLflow doesn't take as they are.

use serde_json::Value;
use zen_core::tracking::TrackedBatch;

use super::{Stage, datum, metric, run_of, unique};

#[test]
fn odd_names_arrive() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("names"))).unwrap();
    let long = "x".repeat(300);
    let names = [
        "loss (train)",
        "a+b",
        "a*b",
        "",
        ".",
        "..",
        "../up",
        "/root",
        "a//b",
        "a/./b",
        "dir/",
        "tab\tand\nline",
        "50%",
        "#1",
        "\"quoted\"",
        "🙂",
        "genauigkeit_größe",
        "损失",
        "θ",
        "потеря",
        "e\u{301}",
        "हिन्दी",
        "Ⓐ",
        "\u{345}",
        "-dash",
        " space ",
        "a:b",
        "nul\0",
        &long,
    ];
    let mut batch = TrackedBatch::default();
    for (index, name) in names.iter().enumerate() {
        batch.metrics.push(metric("s", name, index as f64, 0));
        batch.parameters.push(((*name).to_owned(), index.to_string()));
        batch.tags.insert((*name).to_owned(), index.to_string());
    }
    writer.log(&batch).unwrap();
    writer.log(&batch).unwrap();
    let run = server.get(&format!("runs/get?run_id={}", writer.id()));
    let data = &run["run"]["data"];
    // None has fallen together with another.
    for what in ["metrics", "params"] {
        assert_eq!(data[what].as_array().unwrap().len(), names.len(), "{what}");
    }
    let tag = |key| datum(server, writer.id(), "tags", key);
    assert_eq!(tag("loss _train_"), "0");
    for (name, index) in [
        ("genauigkeit_größe", 16),
        ("损失", 17),
        ("θ", 18),
        ("потеря", 19),
        ("a:b", 26),
    ] {
        assert_eq!(
            datum(server, writer.id(), "metrics", name),
            index as f64,
            "{name}"
        );
    }
}

/// Every letter that is kept is one that MLflow takes.
#[test]
fn letters_of_many_scripts() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("letters"))).unwrap();
    let letters: Vec<char> = ('\u{80}'..='\u{ffff}')
        .filter(|char| char.is_alphanumeric())
        .collect();
    let mut batch = TrackedBatch::default();
    for (index, part) in letters.chunks(200).enumerate() {
        let name = format!("{index}:{}", part.iter().collect::<String>());
        batch.metrics.push(metric("s", &name, 1.0, 0));
    }
    writer.log(&batch).unwrap();
    let run = server.get(&format!("runs/get?run_id={}", writer.id()));
    let found = run["run"]["data"]["metrics"].as_array().unwrap();
    assert_eq!(found.len(), batch.metrics.len());
    let kept: usize = found
        .iter()
        .map(|item| {
            item["key"]
                .as_str()
                .unwrap()
                .chars()
                .filter(|char| !char.is_ascii())
                .count()
        })
        .sum();
    assert!(
        kept > letters.len() * 3 / 4,
        "{kept} of {} letters are kept",
        letters.len()
    );
}

#[test]
fn long_values_are_cut() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("long"))).unwrap();
    let mut batch = TrackedBatch::default();
    batch.parameters.push(("fits".to_owned(), "ü".repeat(6000)));
    batch.parameters.push(("cut".to_owned(), "ü".repeat(6001)));
    batch.parameters.push(("huge".to_owned(), "x".repeat(3_000_000)));
    batch.parameters.push(("empty".to_owned(), String::new()));
    batch.tags.insert("cut".to_owned(), "🙂".repeat(8001));
    writer.log(&batch).unwrap();
    let found = |what, key| match datum(server, writer.id(), what, key) {
        Value::String(text) => text,
        other => panic!("{other}"),
    };
    assert_eq!(found("params", "fits"), "ü".repeat(6000));
    for key in ["cut", "huge"] {
        let value = found("params", key);
        assert_eq!(value.chars().count(), 6000);
        assert!(value.ends_with(".. (cut)"));
    }
    assert_eq!(found("params", "empty"), "");
    let tag = found("tags", "cut");
    assert!(tag.chars().count() == 8000 && tag.ends_with("🙂.. (cut)"));
}

#[test]
fn metrics_of_steps_and_elements() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let log = |stage: &Stage| {
        let mut writer = stage.tracker().begin(&run_of(&unique("steps"))).unwrap();
        let mut batch = TrackedBatch::default();
        for (index, step) in ["trainer", "trainer[3]", "trainer[3][0]"].iter().enumerate() {
            batch.metrics.push(metric(step, "loss", index as f64, 0));
        }
        writer.log(&batch).unwrap();
        writer.id().to_owned()
    };
    let plain = log(&stage);
    for (key, value) in [("loss", 0.0), ("trainer.3/loss", 1.0), ("trainer.3.0/loss", 2.0)] {
        assert_eq!(datum(server, &plain, "metrics", key), value, "{key}");
    }
    let by_step = format!(
        "[components.experiment_tracker.m]\nflavor = \"mlflow\"\ntracking_uri = \"{}\"\nmetric_names = \"step\"\n[stacks.s]\nexperiment_tracker = \"m\"\n",
        server.uri()
    );
    let project = super::Project::new(&by_step);
    let stack = project.choose().stack("s").open().unwrap();
    let named = log(&Stage { project, stack });
    for (key, value) in [
        ("trainer/loss", 0.0),
        ("trainer.3/loss", 1.0),
        ("trainer.3.0/loss", 2.0),
    ] {
        assert_eq!(datum(server, &named, "metrics", key), value, "{key}");
    }
}
