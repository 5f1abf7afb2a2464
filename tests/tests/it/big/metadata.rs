//! What is large never enters the metadata store.

use zen_core::artifact::{Codec, CodecError, CodecInfo, Description};
use zen_core::graph::{ContextError, rebuild_pipeline};
use zen_core::prelude::*;

use crate::support;

const LARGE: usize = 5 << 20;

/// A value whose codec has a lot to say about it.
struct Talkative;

struct TalkativeCodec;

impl Codec<Talkative> for TalkativeCodec {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "talkative",
            version: 1,
            media_type: "text/plain",
        }
    }

    fn encode(&self, _: &Talkative, out: &mut dyn std::io::Write) -> Result<(), CodecError> {
        Ok(out.write_all(b"x")?)
    }

    fn decode(&self, _: &[u8], _: u32) -> Result<Talkative, CodecError> {
        Ok(Talkative)
    }

    fn describe(&self, _: &Talkative) -> Description {
        Description {
            shape: Some(vec![1; LARGE / 8]),
            summary: Some("s".repeat(LARGE)),
            ..Description::default()
        }
    }
}

impl Materialize for Talkative {
    fn codecs() -> Vec<std::sync::Arc<dyn Codec<Self>>> {
        vec![std::sync::Arc::new(TalkativeCodec)]
    }

    fn json(&self) -> serde_json::Value {
        "j".repeat(LARGE).into()
    }
}

#[step]
fn says(ctx: &StepContext, text: &str, talkative: &Talkative) -> Result<Talkative> {
    assert_eq!(text.len(), LARGE);
    let _ = talkative;
    ctx.log(text);
    ctx.log_metric("small", 1.0)?;
    ctx.log_metadata("small", "fact")?;
    let long = ctx.log_metric(text, 1.0).unwrap_err();
    assert!(
        matches!(long, ContextError::LongName { what: "metric", .. }),
        "{long:.300}"
    );
    assert!(long.to_string().len() < 500);
    let long = ctx.log_metadata(text, 1).unwrap_err();
    assert!(matches!(long, ContextError::LongName { .. }), "{long:.300}");
    let large = ctx.log_metadata("large", text).unwrap_err();
    assert!(matches!(large, ContextError::LargeValue { .. }), "{large:.300}");
    assert!(large.to_string().contains("return a large value as an output"));
    Ok(Talkative)
}

#[step]
fn passes(text: &str) -> String {
    text.to_owned()
}

#[step]
fn fails(text: &str) -> Result<u8> {
    Err(text.to_owned().into())
}

#[step]
fn panics(text: &str) -> u8 {
    panic!("{text}")
}

#[pipeline]
fn everything(text: String, numbers: Vec<u64>) -> (Artifact<Talkative>, Artifact<String>) {
    let _ = numbers;
    let said = says(text.clone(), Talkative);
    fails(passes(text.clone()));
    panics(text.clone());
    (said, passes(text))
}

/// All bytes of the database.
fn database(home: &std::path::Path) -> u64 {
    ["metadata.db", "metadata.db-wal"]
        .iter()
        .filter_map(|name| home.join(name).metadata().ok())
        .map(|metadata| metadata.len())
        .sum()
}

#[tokio::test]
async fn nothing_large_enters_the_database_and_everything_can_be_read() {
    let (folder, stack) = support::files();
    let home = folder.path().join(".zen");
    let text = "t".repeat(LARGE);
    let error = everything(text.clone(), vec![7; 100_000])
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap_err();
    assert!(error.to_string().len() < 40_000);
    let run = Client::of(stack.clone()).last_run("everything").unwrap();
    assert_eq!(run.status(), Status::Failed);

    // Arguments: how long they are, and they themselves in the artifact store.
    assert_eq!(run.arguments()["text"], format!("… ({} bytes)", LARGE + 5));
    assert!(run.record().arguments_encoded.len() < 200);
    let recorded = run.recorded_arguments().await.unwrap();
    assert!(recorded.len() > LARGE);
    let path = run.record().pipeline_path.clone().unwrap();
    let again = rebuild_pipeline(&path, &recorded).unwrap();
    assert_eq!(again.arguments(), *run.arguments());
    assert_eq!(again.graph().unwrap().hash(), run.record().graph_hash);
    let refused = rebuild_pipeline(&path, &run.record().arguments_encoded).unwrap_err();
    assert!(refused.to_string().contains("recorded_arguments"), "{refused}");

    // Errors and log lines: the beginning, and how long they were.
    let cut = format!("… ({LARGE} bytes in all)");
    let failed = run.step("fails").unwrap();
    assert!(failed.error().unwrap().starts_with("tttt") && failed.error().unwrap().ends_with(&cut));
    assert!(
        run.step("panics")
            .unwrap()
            .error()
            .unwrap()
            .contains("bytes in all")
    );
    let said = run.step("says").unwrap();
    assert_eq!(said.status(), Status::Completed);
    let logs = said.logs(0).unwrap();
    assert!(logs.iter().any(|line| line.message.ends_with(&cut)));

    // What a codec says of a value, and the value itself.
    let output = said.output("output").unwrap();
    assert!(output.record().summary.as_ref().unwrap().len() < 1100);
    assert_eq!(output.record().shape, None);
    let passed: String = run
        .step("passes")
        .unwrap()
        .output("output")
        .unwrap()
        .load()
        .await
        .unwrap();
    assert_eq!(passed, text);

    let size = database(&home);
    assert!(size < 1 << 20, "the database has {size} bytes");
}

#[pipeline]
fn tagged(tag: String) -> Artifact<String> {
    passes("x").tag(tag)
}

#[tokio::test]
async fn labels_that_are_too_long_are_refused_before_anything_runs() {
    let stack = support::memory();
    let (long, longest) = ("l".repeat(256), "l".repeat(255));
    let refused = |error: RunError, words: &str| {
        let error = error.to_string();
        assert!(
            error.contains(words) && error.contains("256 bytes, at most 255"),
            "{error}"
        );
    };
    let small = || tagged("fine".into()).on(&stack).quiet();
    refused(small().named(&long).run().await.unwrap_err(), "name of the run");
    refused(small().tag(&long).run().await.unwrap_err(), "tag of the run");
    refused(
        tagged(long).on(&stack).quiet().run().await.unwrap_err(),
        "tag of step `passes`",
    );
    small().named(&longest).tag(&longest).run().await.unwrap();
    tagged(longest).on(&stack).quiet().run().await.unwrap();
}
