//! What is taken from the cache and what isn't, and why.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use zen_core::graph::Component;
use zen_core::prelude::*;
use zen_core::stack::ManualClock;
use zen_core::testing::{assert_cached, assert_executed};

use crate::support::{Calls, count, counting, files, memory};

#[step]
fn source(ctx: &StepContext, value: i64) -> i64 {
    count(ctx);
    value
}

#[step]
fn sign(value: i64) -> i64 {
    value.signum()
}

#[step]
fn label(sign: i64) -> String {
    format!("sign {sign}")
}

#[pipeline]
fn signs(value: i64) -> Artifact<String> {
    label(sign(source(value)))
}

#[tokio::test]
async fn equal_bytes_leave_everything_below_cached() {
    let (stack, calls) = counting();
    signs(5).on(&stack).quiet().run().await.unwrap();
    let run = signs(7).on(&stack).quiet().run().await.unwrap();
    // 7 isn't 5, but its sign is the same.
    assert_executed(&run, &["source", "sign"]);
    assert_cached(&run, &["label"]);
    assert_eq!(run.output().await.unwrap().as_str(), "sign 1");
    let run = signs(5).on(&stack).quiet().run().await.unwrap();
    assert_cached(&run, &["source", "sign", "label"]);
    assert_eq!(calls.get(), 2);
}

#[pipeline]
fn other_pipeline(value: i64) -> Artifact<i64> {
    sign(source(value))
}

#[tokio::test]
async fn hits_cross_pipelines_and_say_where_they_come_from() {
    let (stack, calls) = counting();
    let first = signs(5).on(&stack).quiet().run().await.unwrap();
    let run = other_pipeline(5).on(&stack).quiet().run().await.unwrap();
    assert_cached(&run, &["source", "sign"]);
    assert_eq!(calls.get(), 1);
    assert_eq!(run.step("source").unwrap().record().source_run, Some(first.id()));
    assert!(
        run.explain("source")
            .unwrap()
            .to_string()
            .contains(&first.id().to_string())
    );
}

#[tokio::test]
async fn explain_names_the_field_that_changed() {
    let (stack, _) = counting();
    signs(5).on(&stack).quiet().run().await.unwrap();
    let run = signs(-5).on(&stack).quiet().run().await.unwrap();
    let why = run.explain("source").unwrap();
    let changed: Vec<_> = why.changed.iter().map(ToString::to_string).collect();
    assert_eq!(changed, ["input.value: 5 -> -5"]);
    let run = signs(-5).on(&stack).cache(false).quiet().run().await.unwrap();
    let why = run.explain("sign").unwrap().to_string();
    assert!(why.contains("the cache is off"), "{why}");
}

#[step(cache = false)]
fn never(ctx: &StepContext) -> i64 {
    count(ctx);
    1
}

#[step]
fn plain_step(ctx: &StepContext) -> i64 {
    count(ctx);
    2
}

#[pipeline]
fn levels() -> Artifact<Vec<i64>> {
    gather([
        never(),
        never().cache(true),
        plain_step(),
        plain_step().cache(false),
    ])
}

#[pipeline(cache = false)]
fn all_off() -> Artifact<Vec<i64>> {
    gather([plain_step(), plain_step().cache(true)])
}

#[tokio::test]
async fn the_run_comes_before_the_call_the_step_and_the_pipeline() {
    let (stack, _) = counting();
    levels().on(&stack).quiet().run().await.unwrap();
    let run = levels().on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["never", "plain_step_2"]);
    assert_cached(&run, &["never_2", "plain_step", "gather"]);
    let run = levels().on(&stack).cache(true).quiet().run().await.unwrap();
    assert_cached(&run, &["never", "never_2", "plain_step", "plain_step_2"]);
    let run = levels().on(&stack).cache(false).quiet().run().await.unwrap();
    assert_executed(
        &run,
        &["never", "never_2", "plain_step", "plain_step_2", "gather"],
    );
    let run = all_off().on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["plain_step", "gather"]);
    assert_cached(&run, &["plain_step_2"]);
}

#[step(cache(expires = "1h"))]
fn hourly() -> i64 {
    1
}

#[pipeline]
fn expiring() -> Artifact<i64> {
    hourly()
}

#[tokio::test]
async fn old_outputs_expire() {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let stack = Stack::builder()
        .clock(Arc::clone(&clock) as Arc<dyn zen_core::stack::Clock>)
        .build()
        .unwrap();
    expiring().on(&stack).quiet().run().await.unwrap();
    clock.advance(TimeDelta::minutes(59));
    assert_cached(&expiring().on(&stack).quiet().run().await.unwrap(), &["hourly"]);
    let stricter = CachePolicy::on().expires(Duration::from_secs(60));
    let run = expiring().on(&stack).cache(stricter).quiet().run().await.unwrap();
    assert_executed(&run, &["hourly"]);
    assert!(run.explain("hourly").unwrap().note.unwrap().contains("older"));
    clock.advance(TimeDelta::minutes(61));
    assert_executed(&expiring().on(&stack).quiet().run().await.unwrap(), &["hourly"]);
}

#[step(ignore(threads))]
fn with_threads(threads: u32, value: u32) -> u32 {
    let _ = threads;
    value
}

#[pipeline]
fn ignoring(threads: u32, value: u32) -> Artifact<u32> {
    with_threads(threads, value)
}

#[tokio::test]
async fn ignored_arguments_do_not_count() {
    let stack = memory();
    ignoring(1, 1).on(&stack).quiet().run().await.unwrap();
    assert_cached(
        &ignoring(8, 1).on(&stack).quiet().run().await.unwrap(),
        &["with_threads"],
    );
    assert_executed(
        &ignoring(8, 2).on(&stack).quiet().run().await.unwrap(),
        &["with_threads"],
    );
}

#[step(cache(files("data")))]
fn reads_files() -> u32 {
    1
}

#[pipeline]
fn with_files() -> Artifact<u32> {
    reads_files()
}

#[tokio::test]
async fn files_count_by_content() {
    let (folder, stack) = files();
    let error = with_files()
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("data") && error.contains("can't be read"),
        "{error}"
    );
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("data/a.csv"), "1").unwrap();
    with_files().on(&stack).quiet().run().await.unwrap();
    assert_cached(
        &with_files().on(&stack).quiet().run().await.unwrap(),
        &["reads_files"],
    );
    std::fs::write(folder.path().join("data/a.csv"), "2").unwrap();
    let run = with_files().on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["reads_files"]);
    assert!(
        run.explain("reads_files").unwrap().changed[0]
            .field
            .contains("data")
    );
}

#[step]
fn join(a: &str, b: &str) -> String {
    format!("{a}|{b}")
}

#[pipeline]
fn joined(a: String, b: String) -> Artifact<String> {
    join(a, b)
}

#[tokio::test]
async fn parameters_do_not_run_together() {
    let stack = memory();
    let one = joined("ab".into(), "c".into())
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let two = joined("a".into(), "bc".into())
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    assert_executed(&two, &["join"]);
    assert_ne!(one.output().await.unwrap(), two.output().await.unwrap());
}

#[step]
fn many_words(seed: u64) -> HashMap<String, u64> {
    (0..100).map(|i| (format!("word {}", i * seed), i)).collect()
}

#[step]
fn size(words: &HashMap<String, u64>) -> usize {
    words.len()
}

#[pipeline]
fn words() -> Artifact<usize> {
    size(many_words(7).cache(false))
}

#[tokio::test]
async fn maps_are_the_same_bytes_whatever_their_order() {
    let stack = memory();
    words().on(&stack).quiet().run().await.unwrap();
    let run = words().on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["many_words"]);
    assert_cached(&run, &["size"]);
}

#[step]
fn large(ctx: &StepContext) -> Vec<u8> {
    count(ctx);
    (0..100_000u32).map(|i| i as u8).collect()
}

#[step]
fn length(bytes: &[u8]) -> usize {
    bytes.len()
}

#[pipeline]
fn stored_large() -> (Artifact<usize>, Artifact<Vec<u8>>) {
    let bytes = large();
    (length(bytes), bytes)
}

/// A stack in files whose counter steps can reach.
fn counting_files() -> (tempfile::TempDir, Stack, Arc<Calls>) {
    let folder = tempfile::tempdir().unwrap();
    let calls = Arc::new(Calls::default());
    let counter = Component::new("test", "calls", "counter", Arc::clone(&calls));
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .component(counter)
        .build()
        .unwrap();
    (folder, stack, calls)
}

fn objects(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join(".zen/artifacts/objects")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found
}

#[tokio::test]
async fn a_hit_whose_object_is_gone_runs_again() {
    let (folder, stack, calls) = counting_files();
    stored_large().on(&stack).quiet().run().await.unwrap();
    let objects = objects(folder.path());
    assert_eq!(objects.len(), 1);
    std::fs::remove_file(&objects[0]).unwrap();
    let run = stored_large().on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["large"]);
    assert_cached(&run, &["length"]);
    assert!(run.explain("large").unwrap().note.unwrap().contains("missing"));
    assert_eq!(run.output().await.unwrap().1.len(), 100_000);
    assert_eq!(calls.get(), 2);
    assert_cached(
        &stored_large().on(&stack).quiet().run().await.unwrap(),
        &["large"],
    );
}

#[tokio::test]
async fn a_hit_whose_object_is_damaged_runs_again_and_is_mended() {
    for damage in [&b"short"[..], &vec![7u8; 100_000][..]] {
        let (folder, stack, calls) = counting_files();
        stored_large().on(&stack).quiet().run().await.unwrap();
        let object = objects(folder.path()).pop().unwrap();
        std::fs::write(&object, damage).unwrap();
        let run = stored_large().on(&stack).quiet().run().await.unwrap();
        assert_executed(&run, &["large"]);
        assert_eq!(run.output().await.unwrap().1[300], 44);
        assert_eq!(calls.get(), 2);
        let again = stored_large().on(&stack).quiet().run().await.unwrap();
        assert_cached(&again, &["large"]);
        assert_eq!(
            again.output().await.unwrap().1[300],
            44,
            "the damaged object was not replaced"
        );
    }
}

#[step]
fn huge(ctx: &StepContext) -> Vec<u8> {
    count(ctx);
    vec![7; 17 << 20]
}

#[step]
fn at(bytes: &[u8], index: usize) -> u8 {
    bytes[index]
}

#[pipeline]
fn stored_huge(index: usize) -> Artifact<Vec<u8>> {
    let bytes = huge();
    gather([at(bytes, index), at(bytes, 2 * index)])
}

#[tokio::test]
async fn a_huge_hit_that_turns_out_to_be_damaged_when_it_is_read_is_made_again() {
    let (folder, stack, calls) = counting_files();
    stored_huge(1).on(&stack).quiet().run().await.unwrap();
    let object = objects(folder.path()).pop().unwrap();
    for (round, damage) in [true, false].into_iter().enumerate() {
        match damage {
            true => std::fs::write(&object, vec![8; 17 << 20]).unwrap(),
            false => std::fs::remove_file(&object).unwrap(),
        }
        // Unread, its size is all that is looked at; both readers of this run need the content.
        let run = stored_huge(10 + round).on(&stack).quiet().run().await.unwrap();
        assert_eq!(*run.output().await.unwrap(), [7, 7]);
        assert_executed(&run, &["huge", "at", "at_2"]);
        assert_eq!(calls.get(), 2 + round);
        assert_eq!(
            run.step("huge")
                .unwrap()
                .output("output")
                .unwrap()
                .load::<Vec<u8>>()
                .await
                .unwrap()[5],
            7
        );
    }
}

#[tokio::test]
async fn two_equal_calls_in_one_run_are_both_executed_and_then_both_cached() {
    #[pipeline]
    fn twice() -> Artifact<Vec<i64>> {
        let first = plain_step();
        gather([first, plain_step().after(&first)])
    }
    let (stack, calls) = counting();
    twice().on(&stack).quiet().run().await.unwrap();
    assert_eq!(calls.get(), 2);
    twice().on(&stack).quiet().run().await.unwrap();
    assert_eq!(calls.get(), 2);
}

#[pipeline]
fn first_uncached() -> Artifact<Vec<i64>> {
    let first = plain_step().cache(false);
    gather([first, plain_step().after(&first)])
}

#[tokio::test]
async fn what_a_run_executes_does_not_hide_what_earlier_runs_made() {
    let (stack, _) = counting();
    first_uncached().on(&stack).quiet().run().await.unwrap();
    for _ in 0..20 {
        let run = first_uncached().on(&stack).quiet().run().await.unwrap();
        assert_executed(&run, &["plain_step"]);
        assert_cached(&run, &["plain_step_2"]);
    }
}

#[step(version = 1)]
fn versioned() -> u32 {
    1
}

#[step(strict)]
fn strictly() -> u32 {
    1
}

#[pipeline]
fn identities() -> Artifact<Vec<u32>> {
    gather([versioned(), strictly()])
}

#[tokio::test]
async fn version_and_strict_are_fields_of_the_key() {
    let stack = memory();
    let run = identities().on(&stack).quiet().run().await.unwrap();
    let fields = |step: &str| {
        let fields = run.step(step).unwrap().record().key_fields.clone();
        fields.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(fields("versioned"), ["step", "version", "output.output"]);
    assert_eq!(
        fields("strictly"),
        ["step", "code", "executable", "output.output"]
    );
    assert_cached(
        &identities().on(&stack).quiet().run().await.unwrap(),
        &["versioned", "strictly"],
    );
}
