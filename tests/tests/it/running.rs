//! How the runner runs: in parallel up to a bound, without blocking the runtime, letting go what is no longer read.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};

use zen_core::artifact::{Codec, CodecError, CodecInfo};
use zen_core::graph::{Component, Pipeline, StepDefinition};
use zen_core::prelude::*;
use zen_core::runner::{Done, Executor, InProcess, Observer, ProducedOutput, RunEvent, StepTask, TaskResult};
use zen_core::testing::{assert_cached, assert_executed};

use crate::support::{eventually, memory};

#[derive(Debug)]
struct Pairs {
    barrier: Barrier,
    now: AtomicUsize,
    most: AtomicUsize,
}

#[step]
fn in_pairs(ctx: &StepContext, id: u32) -> Result<u32> {
    let pairs = ctx.component::<Pairs>().ok_or("no pairs")?;
    let now = pairs.now.fetch_add(1, Ordering::SeqCst) + 1;
    pairs.most.fetch_max(now, Ordering::SeqCst);
    // Nobody passes alone: the run ends only when two are executed at once.
    pairs.barrier.wait();
    pairs.now.fetch_sub(1, Ordering::SeqCst);
    Ok(id)
}

#[pipeline]
fn pairs() -> Artifact<Vec<u32>> {
    let ids = (0..8).map(|id| in_pairs(id)).collect::<Vec<_>>();
    gather(ids)
}

#[tokio::test]
async fn independent_steps_run_at_once_up_to_the_bound() {
    let pairs_component = Arc::new(Pairs {
        barrier: Barrier::new(2),
        now: 0.into(),
        most: 0.into(),
    });
    let component = Component::new("test", "pairs", "pairs", Arc::clone(&pairs_component));
    let stack = Stack::builder().component(component).build().unwrap();
    pairs().on(&stack).parallel(2).quiet().run().await.unwrap();
    assert_eq!(pairs_component.most.load(Ordering::SeqCst), 2);
}

#[derive(Debug)]
struct Channel {
    sender: mpsc::SyncSender<u32>,
    receiver: Mutex<mpsc::Receiver<u32>>,
}

#[step]
fn receives(ctx: &StepContext) -> Result<u32> {
    let channel = ctx.component::<Channel>().ok_or("no channel")?;
    let receiver = channel.receiver.lock().map_err(|_| "poisoned")?;
    Ok(receiver.recv()?)
}

#[step]
async fn sends(ctx: &StepContext) -> Result<u32> {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    ctx.component::<Channel>().ok_or("no channel")?.sender.send(7)?;
    Ok(0)
}

#[pipeline]
fn meeting() -> Artifact<u32> {
    let received = receives();
    sends();
    received
}

// One thread only: a synchronous step that blocked it would wait for ever for the asynchronous one.
#[tokio::test(flavor = "current_thread")]
async fn a_synchronous_step_does_not_block_the_runtime() {
    let (sender, receiver) = mpsc::sync_channel(1);
    let channel = Arc::new(Channel {
        sender,
        receiver: Mutex::new(receiver),
    });
    let stack = Stack::builder()
        .component(Component::new("test", "channel", "channel", channel))
        .build()
        .unwrap();
    assert_eq!(
        *meeting()
            .on(&stack)
            .quiet()
            .run()
            .await
            .unwrap()
            .output()
            .await
            .unwrap(),
        7
    );
}

static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Counts how many of it are in memory.
struct Heavy(u8);

impl Heavy {
    fn new(value: u8) -> Self {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Self(value)
    }
}

impl Drop for Heavy {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

static UNREADABLE: AtomicBool = AtomicBool::new(false);

struct HeavyCodec;

impl Codec<Heavy> for HeavyCodec {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "heavy",
            version: 1,
            media_type: "application/octet-stream",
        }
    }

    fn encode(&self, value: &Heavy, out: &mut dyn std::io::Write) -> std::result::Result<(), CodecError> {
        Ok(out.write_all(&[value.0])?)
    }

    fn decode(&self, bytes: &[u8], _: u32) -> std::result::Result<Heavy, CodecError> {
        match (UNREADABLE.load(Ordering::SeqCst), bytes) {
            (false, [byte]) => Ok(Heavy::new(*byte)),
            _ => Err(CodecError::Malformed("told not to".into())),
        }
    }
}

impl Materialize for Heavy {
    fn codecs() -> Vec<Arc<dyn Codec<Self>>> {
        vec![Arc::new(HeavyCodec)]
    }
}

#[step]
fn heavy() -> Heavy {
    Heavy::new(1)
}

#[step]
fn heavier(before: &Heavy) -> Heavy {
    Heavy::new(before.0 + 1)
}

#[step]
fn alive(_after: &Heavy) -> usize {
    ALIVE.load(Ordering::SeqCst)
}

#[pipeline]
fn chain_of_heavy() -> (Artifact<usize>, Artifact<Heavy>) {
    let mut x = heavy();
    for _ in 0..20 {
        x = heavier(x);
    }
    (alive(x).cache(false), x)
}

/// One test, because what is alive is counted for the whole process.
#[tokio::test]
async fn values_go_with_their_last_reader_and_what_no_longer_decodes_is_made_again() {
    let stack = memory();
    let run = chain_of_heavy().on(&stack).quiet().run().await.unwrap();
    let (count, last) = run.output().await.unwrap();
    assert_eq!((*count, last.0), (1, 21), "values outlived their last reader");
    drop((run, last));
    // A thread of the runner may just be letting go of the run.
    eventually("values are let go with their run", || {
        ALIVE.load(Ordering::SeqCst) == 0
    });

    assert_cached(
        &chain_of_heavy().on(&stack).quiet().run().await.unwrap(),
        &["heavy", "heavier_20"],
    );
    UNREADABLE.store(true, Ordering::SeqCst);
    let run = chain_of_heavy().on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["heavy", "heavier", "heavier_20"]);
    assert!(
        run.explain("heavy")
            .unwrap()
            .note
            .unwrap()
            .contains("told not to")
    );
    UNREADABLE.store(false, Ordering::SeqCst);
}

#[derive(Debug, Default)]
struct Warnings(Mutex<Vec<String>>);

impl Observer for Warnings {
    fn event(&self, event: &RunEvent) {
        if let RunEvent::Warning { message, .. } = event {
            self.0.lock().unwrap().push(message.clone());
        }
    }
}

#[tokio::test]
async fn a_program_that_aborts_on_panics_is_warned() {
    let pipeline = Pipeline::build("aborting", |graph| {
        let definition = StepDefinition::new("one", "test::one", "1")
            .panic_aborts(true)
            .sync::<u8>(|_, _| Ok(1));
        let step = graph.add(definition).finish();
        graph.typed::<u8>(step.output("output"))
    });
    let warnings = Arc::new(Warnings::default());
    pipeline
        .on(&memory())
        .observer(Arc::clone(&warnings) as Arc<dyn Observer>)
        .run()
        .await
        .unwrap();
    let warnings = warnings.0.lock().unwrap();
    assert!(
        warnings[0].contains("`test::one`") && warnings[0].contains("panic = \"abort\""),
        "{warnings:?}"
    );
}

/// Executes in this process, except that the outputs of `remote` are in the store already, as from a machine elsewhere.
#[derive(Debug)]
struct Elsewhere(ArtifactStore);

impl Executor for Elsewhere {
    fn execute(&self, task: StepTask, done: Done) -> Option<TaskResult> {
        if task.definition().name() != "remote" {
            return InProcess.execute(task, done);
        }
        let bytes = zen_core::artifact::encode_value(&42u64).unwrap();
        let (digest, size) = (zen_core::artifact::Digest::of(&bytes), bytes.len() as u64);
        self.0.put(digest, bytes.into()).unwrap();
        // Later, and from a thread that isn't the runner's.
        std::thread::spawn(move || {
            done(Ok(vec![ProducedOutput::Stored {
                digest,
                bytes: None,
                size,
                description: Default::default(),
            }]))
        });
        None
    }
}

#[step]
fn remote() -> u64 {
    unreachable!("it is executed elsewhere")
}

#[step]
fn half(x: u64) -> u64 {
    x / 2
}

#[pipeline]
fn spread() -> Artifact<u64> {
    half(remote())
}

#[tokio::test]
async fn an_executor_may_execute_elsewhere_and_hand_back_what_it_stored() {
    let stack = memory();
    let launch = spread()
        .on(&stack)
        .executor(Arc::new(Elsewhere(stack.artifacts().clone())));
    let run = launch.quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 21);
    assert_eq!(
        run.step("remote").unwrap().load::<u64>("output").await.unwrap(),
        42
    );
    // Without that executor the step could only panic; its outputs are in the cache.
    assert_cached(
        &spread().on(&stack).quiet().run().await.unwrap(),
        &["remote", "half"],
    );
}

#[tokio::test]
async fn what_is_recorded_of_a_run() {
    let (_folder, stack) = crate::support::files();
    let run = meeting_free().on(&stack).named("n").quiet().run().await.unwrap();
    let record = run.record().clone();
    assert_eq!((record.pid, record.pipeline_version), (std::process::id(), 1));
    assert_eq!(record.pipeline_path.as_deref(), Some("it::running::meeting_free"));
    let program = record.program.unwrap();
    assert_eq!(
        program.path,
        std::env::current_exe().unwrap().display().to_string()
    );
    assert!(program.digest.is_some() && record.ended >= Some(record.started) && !record.host.is_empty());
    let client = Client::of(stack);
    let versions = client.pipeline_versions("meeting_free").unwrap();
    assert_eq!((versions.len(), versions[0].graph_hash), (1, record.graph_hash));
    assert_eq!(client.pipelines().unwrap()[0].runs, 1);
}

#[step]
fn constant() -> u8 {
    1
}

#[pipeline]
fn meeting_free() -> Artifact<u8> {
    constant()
}
