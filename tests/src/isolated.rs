//! Pipelines whose steps run in processes of their own: shared by the tests and the program their workers are.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use zen_core::artifact::ArtifactStore;
use zen_core::metric::Accuracy;
use zen_core::prelude::*;

/// The process a step ran in.
pub fn me() -> u32 {
    std::process::id()
}

/// Large enough to be an object.
const LARGE: u64 = 20_000;

/// Numbers, small or large.
#[derive(Debug, Outputs)]
pub struct Numbers {
    /// A few bytes.
    pub few: Vec<u64>,
    /// An object of the store.
    pub many: Vec<u64>,
}

#[step]
fn numbers(from: u64) -> Numbers {
    Numbers {
        few: (from..from + 4).collect(),
        many: (0..LARGE).map(|i| i.wrapping_mul(from)).collect(),
    }
}

#[step]
async fn sum(values: &[u64]) -> u64 {
    tokio::task::yield_now().await;
    values.iter().fold(0, |sum, value| sum.wrapping_add(*value))
}

#[step]
fn rows(n: u64) -> Vec<Vec<u64>> {
    (1..=n).map(|i| (0..i).collect()).collect()
}

#[step]
fn square(x: u64) -> u64 {
    x * x
}

#[step]
fn pair(a: u64, b: u64) -> (u64, String) {
    (a.wrapping_add(b), format!("{a} and {b}"))
}

#[step]
fn is_odd(x: u64) -> bool {
    x % 2 == 1
}

/// What steps of every kind make.
pub type Everything = (
    Artifact<Vec<Vec<u64>>>,
    Artifact<Vec<u64>>,
    Artifact<Option<String>>,
);

/// Steps of every kind.
#[pipeline]
pub fn everything(from: u64) -> Everything {
    let numbers = numbers(from);
    let sums = gather([sum(numbers.few), sum(numbers.many)]);
    // Elements of elements.
    let squares = rows(from).each(|row| row.each(|x| square(x)));
    let (total, text) = pair(sum(numbers.few), 3);
    let odd = when(is_odd(total), || text);
    (squares, sums, odd)
}

#[step(isolation = process)]
fn talk(ctx: &StepContext, folder: &str) -> Result<(u32, String)> {
    ctx.log("a line of its own");
    tracing::info!(answer = 42, "an event");
    println!("printed");
    eprintln!("complained");
    print!("unfinished");
    for epoch in 0..3u64 {
        ctx.log_metric("loss", 1.0 / (epoch + 1) as f64)?;
    }
    ctx.log_metric_at("accuracy", Accuracy(0.5), 7)?;
    ctx.log_metadata("rows", 3)?;
    ctx.flush()?;
    let scratch = ctx.scratch()?;
    std::fs::write(scratch.join("file"), "text")?;
    std::fs::write(Path::new(folder).join("scratch"), scratch.display().to_string())?;
    let store = ctx
        .component::<ArtifactStore>()
        .map(|store| store.url().to_owned());
    let stack = ctx.component::<Stack>().ok_or("there is no stack")?;
    let known = Client::of((*stack).clone())
        .run(ctx.run_id())?
        .step("talk")?
        .status();
    Ok((me(), format!("{} {known} {:?}", stack.name(), store.is_some())))
}

/// A step that says everything a step can say.
#[pipeline]
pub fn talking(folder: String) -> (Artifact<u32>, Artifact<String>) {
    talk(folder)
}

/// How a step ends; `folder` is for traces.
#[step(isolation = process)]
fn end(ctx: &StepContext, how: &str, folder: &str) -> Result<u32> {
    let trace = |name: &str, text: String| std::fs::write(Path::new(folder).join(name), text);
    trace(&format!("pid{}", ctx.attempt()), me().to_string())?;
    eprintln!("about to {how}");
    match how {
        "fail" => return Err("it did not work".into()),
        "panic" => panic!("deliberately"),
        "abort" => std::process::abort(),
        "overflow" => eprintln!("{}", deeper(&[1; 100])),
        "exit" => std::process::exit(3),
        "kill" => kill(me()),
        "allocate" => allocate(std::time::Duration::ZERO),
        "group" => {
            // Into a control group of its own, whose limit the test has set.
            std::fs::write(
                Path::new(folder).join("group").join("cgroup.procs"),
                me().to_string(),
            )?;
            // Slowly: who watches the process sees the group it is in.
            allocate(std::time::Duration::from_millis(5));
        }
        "hang" => {
            // One child stays in the group, the other leaves it.
            let quiet = |command: &mut Command| {
                command
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .map(|child| child.id())
            };
            let near = quiet(Command::new("sleep").arg("1000"))?;
            let far = quiet(Command::new("setsid").args(["sleep", "1000"]))?;
            trace("children", format!("{near} {far}"))?;
            loop {
                std::thread::park();
            }
        }
        "later" if ctx.attempt() == 1 => std::process::abort(),
        _ => {}
    }
    Ok(me())
}

#[allow(unconditional_recursion)] // on purpose
fn deeper(numbers: &[u8]) -> u64 {
    let more: Vec<u8> = numbers.iter().map(|n| n.wrapping_add(1)).collect();
    let room = std::hint::black_box([0u8; 4096]);
    u64::from(room[0]) + deeper(&more) + u64::from(more[0])
}

fn kill(pid: u32) {
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
    loop {
        std::thread::park();
    }
}

fn allocate(pause: std::time::Duration) {
    let mut held = Vec::new();
    loop {
        held.push(std::hint::black_box(vec![1u8; 1 << 20]));
        std::thread::sleep(pause);
    }
}

#[step(cache = false)]
fn bystander() -> u32 {
    me()
}

/// A step that ends somehow, and one that has nothing to do with it.
#[pipeline]
pub fn ending(
    how: String,
    folder: String,
    memory: Option<u64>,
    timeout: Option<u64>,
    retries: u32,
) -> Artifact<u32> {
    bystander().named("bystander");
    let ended = end(how, folder);
    if let Some(memory) = memory {
        ended.isolation(Isolation::default().memory(memory));
    }
    if let Some(timeout) = timeout {
        ended.timeout(std::time::Duration::from_millis(timeout));
    }
    if retries > 0 {
        ended.retry(retries);
    }
    ended
}

#[step(cache = false, isolation(process, env("GIVEN" = "by the step", "OTHER" = "too"), inherit("ZEN_TEST_INHERITED")))]
fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

/// What a worker's environment is.
#[pipeline]
pub fn surroundings() -> Artifact<BTreeMap<String, String>> {
    environment().isolation(Isolation::default().env("GIVEN", "by the call"))
}

#[step(isolation = process)]
fn with_variable() -> String {
    std::env::var("VARIANT").unwrap_or_default()
}

/// A step whose environment is given by the pipeline's argument.
#[pipeline]
pub fn variants(variant: String) -> Artifact<String> {
    with_variable().isolation(Isolation::default().env("VARIANT", variant.as_str()))
}

#[step]
fn nothing() {}

/// Becomes another graph in a process with another environment.
#[pipeline]
pub fn unsteady() -> Artifact<()> {
    if plain!(std::env::var_os("ZEN_WORKER")).is_some() {
        nothing();
    }
    nothing().isolation(Isolation::process())
}

#[step(cache = false)]
fn large(seed: u64) -> Vec<u64> {
    (0..LARGE).map(|i| i ^ seed).collect()
}

#[step(cache = false)]
fn lose(folder: &str, values: &[u64]) -> Result<usize> {
    // The first time only.
    if std::fs::create_dir(Path::new(folder).join("lost")).is_ok() {
        for entry in walk(&Path::new(folder).join(".zen/artifacts")) {
            std::fs::write(&entry, b"damaged")?;
        }
    }
    Ok(values.len())
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files.extend(walk(&path)),
            path => files.push(path),
        }
    }
    files
}

/// An object is damaged between the step that made it and an isolated one that reads it.
#[pipeline]
pub fn losing(folder: String) -> Artifact<u64> {
    let values = large(7);
    let lost = lose(folder, values);
    sum(values)
        .named("isolated")
        .isolation(Isolation::process())
        .after(&lost)
}

#[step]
fn trivial(x: u64) -> u64 {
    x + 1
}

/// A chain of trivial steps.
#[pipeline]
pub fn chain(length: u64) -> Artifact<u64> {
    let mut x = trivial(0);
    for _ in 1..length {
        x = trivial(x);
    }
    x
}

/// What an isolated step sees of its stack: the stack's name, as the context and as the opened stack say, the alerter, and a secret that the
/// environment of the run has.
#[step(cache = false, isolation = process)]
fn see(ctx: &StepContext) -> Result<String> {
    let stack = ctx.component::<Stack>().ok_or("there is no stack")?;
    let alerter = ctx.component::<std::sync::Arc<dyn zen_core::alert::Alerter>>();
    let alerter = alerter.map_or_else(|| "no alerter".to_owned(), |alerter| format!("{alerter:?}"));
    let secret = ctx.secret("chat.token")?.reveal().len();
    let of_stack = stack.secrets().get(&"chat.token".parse()?)?.reveal().len();
    Ok(format!(
        "{} {} {alerter} {secret} {of_stack}",
        ctx.stack(),
        stack.name()
    ))
}

/// One such step.
#[pipeline]
pub fn seeing() -> Artifact<String> {
    see()
}
