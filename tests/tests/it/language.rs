//! What a pipeline's author writes, and what comes out.

use std::sync::Arc;

use zen_core::prelude::*;

use crate::support::memory;

#[derive(Outputs)]
struct Split {
    left: Vec<u32>,
    right: Vec<u32>,
}

#[step]
fn numbers(n: u32) -> Vec<u32> {
    (0..n).collect()
}

#[step]
fn halves(numbers: &[u32]) -> Split {
    let (left, right) = numbers.split_at(numbers.len() / 2);
    Split {
        left: left.to_vec(),
        right: right.to_vec(),
    }
}

#[step]
fn total(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

#[step]
fn both(a: u32, b: u32) -> (u32, String) {
    (a + b, format!("{a} and {b}"))
}

#[step]
async fn shout(text: &str) -> Result<String> {
    tokio::task::yield_now().await;
    Ok(text.to_uppercase())
}

#[pipeline]
fn sums(n: u32) -> (Artifact<u32>, Artifact<String>) {
    let split = halves(numbers(n));
    let (sum, text) = both(total(split.left), total(split.right));
    (sum, shout(text))
}

#[tokio::test]
async fn outputs_of_every_kind_arrive() {
    let stack = memory();
    let run = sums(4).on(&stack).quiet().run().await.unwrap();
    let (sum, text) = run.output().await.unwrap();
    assert_eq!((*sum, text.as_str()), (6, "1 AND 5"));
    let left: Vec<u32> = run.step("halves").unwrap().load("left").await.unwrap();
    assert_eq!(left, [0, 1]);
    let text: String = run.step("both").unwrap().load("output_1").await.unwrap();
    assert_eq!(text, "1 and 5");
    assert_eq!(run.arguments(), &serde_json::json!({ "n": 4 }));
    assert_eq!(
        run.step("numbers").unwrap().parameters(),
        &serde_json::json!({ "n": 4 })
    );
    let names: Vec<_> = run
        .steps()
        .unwrap()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("total")).count(), 2);
    assert!(names.contains(&"total_2".to_owned()));
}

#[test]
fn a_step_is_still_a_function() {
    assert_eq!(total(&[1, 2, 3]), 6);
    assert_eq!(both(1, 2), (3, "1 and 2".to_owned()));
}

#[pipeline]
fn split_out(n: u32) -> SplitArtifacts {
    halves(numbers(n))
}

#[tokio::test]
async fn a_struct_of_outputs_is_a_pipelines_output() {
    let run = split_out(3).on(&memory()).quiet().run().await.unwrap();
    let split = run.output().await.unwrap();
    assert_eq!((split.left, split.right), (vec![0], vec![1, 2]));
}

#[pipeline]
fn twice(n: u32) -> Artifact<u32> {
    let (sum, _) = sums(n);
    let (again, _) = sums(n + 1);
    let (all, _) = both(sum, again);
    all
}

#[tokio::test]
async fn a_pipeline_in_a_pipeline_is_part_of_it() {
    let pipeline = twice(2);
    assert_eq!(
        pipeline
            .graph()
            .unwrap()
            .nodes()
            .iter()
            .filter(|node| node.name().starts_with("halves"))
            .count(),
        2
    );
    let run = pipeline.on(&memory()).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 1 + 3);
}

/// Not `Clone`, so that by-value passing is impossible and collecting must do without.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Model {
    weight: f64,
}

#[step]
fn train(rate: f64) -> Model {
    Model { weight: rate * 10.0 }
}

#[step]
fn best(models: &[Model]) -> f64 {
    models.iter().map(|model| model.weight).fold(f64::MIN, f64::max)
}

#[step]
fn weight(model: &Model) -> f64 {
    model.weight
}

#[pipeline]
fn search(rates: Vec<f64>) -> (Artifact<f64>, Artifact<Vec<f64>>) {
    let mut models = Vec::new();
    for rate in rates {
        models.push(train(rate));
    }
    let weights: Vec<_> = models.iter().map(|model| weight(model)).collect();
    (best(gather(models)), gather(weights))
}

#[tokio::test]
async fn loops_and_gather_take_values_that_are_not_clone() {
    let run = search(vec![0.1, 0.4, 0.2])
        .on(&memory())
        .quiet()
        .run()
        .await
        .unwrap();
    let (best, weights) = run.output().await.unwrap();
    assert_eq!(*best, 4.0);
    assert_eq!(*weights, [1.0, 4.0, 2.0]);
    assert_eq!(run.step("train_3").unwrap().parameters()["rate"], 0.2);
}

#[step]
fn consume(numbers: Vec<u32>) -> usize {
    numbers.capacity()
}

#[step]
fn big() -> Vec<u32> {
    let mut numbers = Vec::with_capacity(1000);
    numbers.push(1);
    numbers
}

#[pipeline]
fn moving(read_twice: bool) -> Artifact<usize> {
    let numbers = big();
    if read_twice {
        consume(numbers);
    }
    consume(numbers)
}

#[tokio::test]
async fn the_last_reader_gets_the_value_itself() {
    // A vector that was moved keeps its spare room, a clone has none.
    let run = moving(false).on(&memory()).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 1000);
    let run = moving(true)
        .on(&memory())
        .quiet()
        .parallel(1)
        .run()
        .await
        .unwrap();
    assert_eq!(run.steps().unwrap().len(), 3);
}

#[pipeline]
fn named() -> Artifact<u32> {
    let a = numbers(3).named("first");
    let b = numbers(4).named("zweite Zahlen ≥ 4");
    total(a);
    total(b).after(&a).tag("kept")
}

#[tokio::test]
async fn names_tags_and_order_are_options_of_the_call() {
    let run = named().on(&memory()).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 6);
    let step = run.step("total_2").unwrap();
    assert_eq!(step.output("output").unwrap().record().tags, ["kept"]);
    assert_eq!(step.inputs().unwrap()[0].1.name(), "named.zweite Zahlen ≥ 4");
    let error = run.step("totl").unwrap_err().to_string();
    assert!(
        error.contains("no step `totl`") && error.contains("total_2"),
        "{error}"
    );
}

#[tokio::test]
async fn the_builder_wires_steps_by_name_and_json() {
    let pipeline = zen_core::graph::Pipeline::build("configured", |graph| {
        let numbers = graph
            .add(numbers::definition())
            .json("n", 5.into())
            .named("source")
            .finish();
        let total = graph
            .add(total::definition())
            .input("numbers", numbers.output("output"))
            .finish();
        graph.typed::<u32>(total.output("output"))
    });
    assert!(pipeline.startable().unwrap_err().contains("made by hand"));
    let run = pipeline.on(&memory()).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 10);
    assert!(run.step("source").is_ok());
}

#[test]
fn the_builders_mistakes_are_errors_with_places() {
    let mistakes = |wire: fn(&mut zen_core::graph::GraphBuilder)| {
        let pipeline = zen_core::graph::Pipeline::build("wrong", wire);
        let error = pipeline.graph().unwrap_err().to_string();
        assert!(error.contains("language.rs:"), "no place in `{error}`");
        error
    };
    let error = mistakes(|graph| drop(graph.add(numbers::definition()).json("n", "x".into()).finish()));
    assert!(
        error.contains("input `n` of `numbers`") && error.contains("expected u32"),
        "{error}"
    );
    let error = mistakes(|graph| drop(graph.add(numbers::definition()).finish()));
    assert!(error.contains("it is missing"), "{error}");
    let error = mistakes(|graph| {
        drop(
            graph
                .add(numbers::definition())
                .value("m", 1u32)
                .value("n", 1u32)
                .finish(),
        )
    });
    assert!(error.contains("no such argument (there is: n)"), "{error}");
    let error = mistakes(|graph| drop(graph.add(numbers::definition()).value("n", 1i64).finish()));
    assert!(error.contains("expected a `u32`, got a `i64`"), "{error}");
    let error = mistakes(|graph| {
        let numbers = graph.add(numbers::definition()).value("n", 1u32).finish();
        let sum = graph
            .add(total::definition())
            .input("numbers", numbers.output("output"))
            .finish();
        graph
            .add(total::definition())
            .input("numbers", sum.output("output"))
            .finish();
        numbers.output("nothing");
    });
    assert!(
        error.contains("2 mistakes") && error.contains("no such output"),
        "{error}"
    );
}

#[pipeline]
fn duplicate() -> Artifact<u32> {
    let a = numbers(1).named("same");
    let b = numbers(2).named("same");
    total(a);
    total(b)
}

#[pipeline]
fn circle() -> Artifact<u32> {
    let a = numbers(1);
    let sum = total(a);
    let _ = a.after(&sum);
    sum
}

#[pipeline]
fn empty_name() -> Artifact<Vec<u32>> {
    numbers(1).named("  ")
}

#[pipeline]
fn escaping() -> Artifact<u32> {
    let mut leaked = None;
    numbers(3).each(|n| {
        let (sum, _) = both(n, 1);
        leaked = Some(sum);
        sum
    });
    let (sum, _) = both(leaked.unwrap(), 2);
    sum
}

#[pipeline]
fn nothing() {}

#[tokio::test]
async fn mistakes_the_compiler_cannot_see_have_a_file_and_a_line() {
    let cases: [(String, &[&str]); 5] = [
        (
            duplicate().graph().unwrap_err().to_string(),
            &["named `same` here and at"],
        ),
        (
            circle().graph().unwrap_err().to_string(),
            &["would have to wait for itself", "`total`", "`numbers`"],
        ),
        (
            empty_name().graph().unwrap_err().to_string(),
            &["can't name a step: it is empty"],
        ),
        (
            escaping().graph().unwrap_err().to_string(),
            &["only what the closure returns"],
        ),
        (nothing().graph().unwrap_err().to_string(), &["has no step"]),
    ];
    for (error, parts) in cases {
        assert!(error.contains("language.rs:"), "no place in `{error}`");
        parts
            .iter()
            .for_each(|part| assert!(error.contains(part), "no `{part}` in `{error}`"));
    }
    let error = duplicate().on(&memory()).quiet().run().await.unwrap_err();
    assert!(error.to_string().contains("`same`") && error.run().is_none());
}

#[test]
fn a_step_called_outside_a_pipeline_is_an_error_of_its_use() {
    let orphan = <numbers>::node(3);
    let pipeline = zen_core::graph::Pipeline::build("orphan", |_| <total>::node(orphan));
    let error = pipeline.graph().unwrap_err().to_string();
    assert!(
        error.contains("made outside a pipeline") && error.contains("language.rs:"),
        "{error}"
    );
    let other = zen_core::graph::Pipeline::build("other", |_| <numbers>::node(1));
    let foreign = zen_core::graph::Pipeline::build("foreign", |_| <total>::node(other_output(&other)));
    assert!(
        foreign
            .graph()
            .unwrap_err()
            .to_string()
            .contains("belongs to another pipeline")
    );
}

fn other_output(pipeline: &Pipeline<Artifact<Vec<u32>>>) -> Artifact<Vec<u32>> {
    // The handle leaks out of the pipeline that made it.
    let mut leaked = None;
    let _ = pipeline.graph().unwrap();
    let _ = zen_core::graph::Pipeline::build("leak", |_| {
        let handle = <numbers>::node(2);
        leaked = Some(handle);
        handle
    });
    leaked.unwrap()
}

#[test]
fn graphs_are_drawn() {
    let pipeline = sums(4);
    let dot = pipeline.to_dot().unwrap();
    assert!(
        dot.starts_with("digraph \"sums\"") && dot.contains("label=\"halves\"") && dot.contains("->"),
        "{dot}"
    );
    let mermaid = pipeline.to_mermaid().unwrap();
    assert!(
        mermaid.starts_with("flowchart LR") && mermaid.contains("[\"halves\"]"),
        "{mermaid}"
    );
    let json = pipeline.to_json().unwrap();
    assert_eq!(json["nodes"][0]["name"], "numbers");
    assert_eq!(json["nodes"][1]["inputs"][0]["from"]["step"], "numbers");
    assert_eq!(json["nodes"][0]["inputs"][0]["value"], 4);
    // Structure, not arguments, is what the hash identifies.
    assert_eq!(json["hash"], sums(5).to_json().unwrap()["hash"]);
    assert_ne!(json["hash"], named().to_json().unwrap()["hash"]);
}

#[tokio::test]
async fn a_registered_pipeline_is_built_again_from_its_recorded_arguments() {
    let stack = memory();
    let run = search(vec![0.5, 0.25]).on(&stack).quiet().run().await.unwrap();
    let path = run.record().pipeline_path.clone().unwrap();
    let again = zen_core::graph::rebuild_pipeline(&path, &run.record().arguments_encoded).unwrap();
    assert_eq!(again.graph().unwrap().hash(), run.record().graph_hash);
    let run = again.on(&stack).quiet().run().await.unwrap();
    assert!(
        run.steps()
            .unwrap()
            .iter()
            .all(|step| step.status() == Status::Cached)
    );
    let error = zen_core::graph::rebuild_pipeline("no::such", &[])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no pipeline `no::such`") && error.contains("search"),
        "{error}"
    );
}

/// No serde, but a codec of its own.
#[derive(Debug, PartialEq)]
struct Opaque(u8);

#[derive(Default)]
struct OpaqueCodec;

impl zen_core::artifact::Codec<Opaque> for OpaqueCodec {
    fn info(&self) -> zen_core::artifact::CodecInfo {
        zen_core::artifact::CodecInfo {
            name: "opaque",
            version: 1,
            media_type: "application/x-opaque",
        }
    }

    fn encode(
        &self,
        value: &Opaque,
        out: &mut dyn std::io::Write,
    ) -> Result<(), zen_core::artifact::CodecError> {
        Ok(out.write_all(&[value.0])?)
    }

    fn decode(&self, bytes: &[u8], _: u32) -> Result<Opaque, zen_core::artifact::CodecError> {
        match bytes {
            [byte] => Ok(Opaque(*byte)),
            _ => Err(zen_core::artifact::CodecError::Malformed(
                "expected one byte".into(),
            )),
        }
    }
}

impl Materialize for Opaque {
    fn codecs() -> Vec<Arc<dyn zen_core::artifact::Codec<Self>>> {
        vec![Arc::new(OpaqueCodec)]
    }
}

/// Writes numbers as decimal text.
#[derive(Default)]
struct Decimal;

impl zen_core::artifact::Codec<u32> for Decimal {
    fn info(&self) -> zen_core::artifact::CodecInfo {
        zen_core::artifact::CodecInfo {
            name: "decimal",
            version: 1,
            media_type: "text/plain",
        }
    }

    fn encode(
        &self,
        value: &u32,
        out: &mut dyn std::io::Write,
    ) -> Result<(), zen_core::artifact::CodecError> {
        Ok(write!(out, "{value}")?)
    }

    fn decode(&self, bytes: &[u8], _: u32) -> Result<u32, zen_core::artifact::CodecError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|e| zen_core::artifact::CodecError::Malformed(e.to_string()))?;
        text.parse()
            .map_err(|e| zen_core::artifact::CodecError::Malformed(format!("`{text}`: {e}")))
    }
}

#[step]
fn opaque(value: u8) -> Opaque {
    Opaque(value)
}

#[step(outputs(output = Decimal))]
fn reveal(opaque: &Opaque) -> u32 {
    u32::from(opaque.0)
}

#[pipeline]
fn codecs() -> (Artifact<u32>, Artifact<u32>) {
    let opaque = opaque(7);
    (reveal(opaque), total(numbers(3)).materializer::<Decimal>())
}

#[tokio::test]
async fn types_steps_and_calls_choose_their_codec() {
    let stack = memory();
    let run = codecs().on(&stack).quiet().run().await.unwrap();
    let (a, b) = run.output().await.unwrap();
    assert_eq!((*a, *b), (7, 3));
    let step = run.step("reveal").unwrap();
    let artifact = step.output("output").unwrap();
    assert_eq!(
        (
            artifact.record().codec.as_str(),
            &*artifact.bytes().await.unwrap()
        ),
        ("decimal", &b"7"[..])
    );
    let opaque: Opaque = run.step("opaque").unwrap().load("output").await.unwrap();
    assert_eq!(opaque, Opaque(7));
    // A program that doesn't know the codec is told what to do.
    let error = artifact.load::<u32>().await.unwrap_err().to_string();
    assert!(
        error.contains("codec `decimal`") && error.contains("register_codec!"),
        "{error}"
    );
    let again = codecs().on(&stack).quiet().run().await.unwrap();
    zen_core::testing::assert_cached(&again, &["opaque", "reveal", "total"]);
}
