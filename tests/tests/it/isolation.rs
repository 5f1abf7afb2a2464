//! Steps in processes of their own.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use zen_core::graph::{FailureKind, Pipeline};
use zen_core::prelude::*;
use zen_core::runner::RunError;
use zen_tests::isolated::{chain, ending, everything, losing, talking, unsteady, variants};

use crate::support::{eventually, eventually_async};

/// A project whose workers are the program `isolated`.
fn project() -> (tempfile::TempDir, Stack) {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .program(env!("CARGO_BIN_EXE_isolated"))
        .build()
        .unwrap();
    (folder, stack)
}

fn text(folder: &Path) -> String {
    folder.display().to_string()
}

fn is_alive(pid: &str) -> bool {
    // A zombie that nobody has reaped yet has ended.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

async fn failure(stack: &Stack, pipeline: Pipeline<Artifact<u32>>) -> (FailureKind, String) {
    let error = pipeline.on(stack).quiet().run().await.unwrap_err();
    let RunError::StepFailed { run, failure, .. } = error else {
        panic!("{error}");
    };
    // What failed is the step, and not the run: the others went on.
    let run = Client::of(stack.clone()).run(run).unwrap();
    assert_eq!(run.step("bystander").unwrap().status(), Status::Completed);
    assert_eq!(run.step("end").unwrap().status(), Status::Failed);
    (failure.kind(), failure.message().to_owned())
}

#[tokio::test]
async fn the_same_comes_out_as_in_one_process() {
    let (_folder, stack) = project();
    let here = everything(3).on(&stack).quiet().run().await.unwrap();
    let memory = Stack::builder()
        .program(env!("CARGO_BIN_EXE_isolated"))
        .build()
        .unwrap();
    for stack in [&stack, &memory] {
        let there = everything(3)
            .on(stack)
            .cache(false)
            .isolation(Isolation::process());
        let there = there.quiet().run().await.unwrap();
        assert_eq!(*there.output().await.unwrap().0, *here.output().await.unwrap().0);
        assert_eq!(*there.output().await.unwrap().1, *here.output().await.unwrap().1);
        assert_eq!(*there.output().await.unwrap().2, *here.output().await.unwrap().2);
        for step in here.steps().unwrap() {
            let other = there.step(step.name()).unwrap();
            let digests = |step: &zen_core::client::StepView| -> Vec<_> {
                let outputs = step.outputs().unwrap();
                outputs
                    .iter()
                    .map(|(_, output)| (output.digest(), output.record().shape.clone()))
                    .collect()
            };
            assert_eq!(digests(&other), digests(&step), "{}", step.name());
        }
    }
}

#[tokio::test]
async fn where_a_step_runs_does_not_count_in_its_key() {
    let (_folder, stack) = project();
    let isolated = everything(4).on(&stack).isolation(Isolation::process()).quiet();
    isolated.run().await.unwrap();
    let here = everything(4).on(&stack).quiet().run().await.unwrap();
    let run: Vec<_> = here
        .steps()
        .unwrap()
        .into_iter()
        .filter(|step| step.status() != Status::Cached)
        .collect();
    assert!(run.iter().all(|step| step.status() == Status::Skipped), "{run:?}");
}

#[tokio::test]
async fn what_a_step_says_comes_back() {
    let (folder, stack) = project();
    let run = talking(text(folder.path()))
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let (pid, seen) = run.output().await.unwrap();
    assert_ne!(*pid, std::process::id());
    assert_eq!(*seen, "default running true");
    let step = run.step("talk").unwrap();
    let logs: Vec<_> = step
        .logs(0)
        .unwrap()
        .into_iter()
        .map(|line| (line.target, line.message))
        .collect();
    for (target, message) in [
        ("step", "a line of its own"),
        ("stdout", "printed"),
        ("stderr", "complained"),
        ("stdout", "unfinished"),
    ] {
        assert!(
            logs.contains(&(target.into(), message.into())),
            "{message}: {logs:?}"
        );
    }
    assert!(
        logs.iter().any(|(_, message)| message == "an event answer=42"),
        "{logs:?}"
    );
    let losses: Vec<_> = step
        .metrics()
        .unwrap()
        .into_iter()
        .filter(|metric| metric.name == "loss")
        .collect();
    assert_eq!(
        losses.iter().map(|metric| metric.position).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    assert_eq!(step.metric("accuracy").unwrap(), Some(0.5));
    assert_eq!(step.record().metadata["rows"], 3);
    let scratch = std::fs::read_to_string(folder.path().join("scratch")).unwrap();
    assert!(
        scratch.starts_with(&text(&folder.path().join(".zen"))),
        "{scratch}"
    );
    assert!(!Path::new(&scratch).exists());
}

#[tokio::test]
async fn an_error_and_a_panic_are_those_of_the_step() {
    let (folder, stack) = project();
    let (kind, message) = failure(&stack, ending("fail".into(), text(folder.path()), None, None, 0)).await;
    assert_eq!((kind, message.as_str()), (FailureKind::Error, "it did not work"));
    let (kind, message) = failure(&stack, ending("panic".into(), text(folder.path()), None, None, 0)).await;
    assert_eq!(kind, FailureKind::Panic);
    assert!(
        message.contains("isolated.rs:") && message.ends_with(": deliberately"),
        "{message}"
    );
}

#[tokio::test]
async fn however_a_process_ends_only_the_step_fails() {
    let (folder, stack) = project();
    for (how, said) in [
        ("abort", "signal 6 (SIGABRT)"),
        ("overflow", "has overflowed its stack"),
        ("exit", "exit code 3"),
        ("kill", "signal 9 (SIGKILL"),
    ] {
        let (kind, message) = failure(&stack, ending(how.into(), text(folder.path()), None, None, 0)).await;
        assert_eq!(kind, FailureKind::Executor, "{how}: {message}");
        assert!(message.contains(said), "{how}: {message}");
        // The last lines it printed.
        assert!(
            message.contains(&format!("\n    about to {how}")),
            "{how}: {message}"
        );
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_step_without_memory_fails_alone() {
    let (folder, stack) = project();
    let limited = ending("allocate".into(), text(folder.path()), Some(200 << 20), None, 0);
    let (kind, message) = failure(&stack, limited).await;
    assert_eq!(kind, FailureKind::Executor);
    assert!(message.contains("could allocate 200 MiB"), "{message}");
    assert!(message.contains("signal 6 (SIGABRT)"), "{message}");
    assert!(message.contains("memory allocation of"), "{message}");
}

/// A control group with a limit of memory, gone with its owner.
struct Group(std::path::PathBuf);

impl Group {
    fn new(limit: u64) -> Option<Self> {
        let name = format!("zen-test-{}", std::process::id());
        let (folder, file) = match Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
            true => (Path::new("/sys/fs/cgroup").join(name), "memory.max"),
            false => (
                Path::new("/sys/fs/cgroup/memory").join(name),
                "memory.limit_in_bytes",
            ),
        };
        std::fs::create_dir(&folder).ok()?;
        let group = Self(folder);
        std::fs::write(group.0.join(file), limit.to_string()).ok()?;
        Some(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let folder = self.0.clone();
        // A group can be removed when its last process is gone for good.
        eventually("the control group is empty", || {
            std::fs::remove_dir(&folder).is_ok() || !folder.exists()
        });
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_step_that_the_system_ends_for_lack_of_memory_says_so() {
    let Some(group) = Group::new(100 << 20) else {
        // Only who may make control groups can try it.
        eprintln!("skipped: no control group can be made here");
        return;
    };
    let (folder, stack) = project();
    std::os::unix::fs::symlink(&group.0, folder.path().join("group")).unwrap();
    let (kind, message) = failure(&stack, ending("group".into(), text(folder.path()), None, None, 0)).await;
    assert_eq!(kind, FailureKind::Executor);
    assert!(message.contains("signal 9"), "{message}");
    assert!(
        message.contains("the system ended it for lack of memory in control group"),
        "{message}"
    );
    assert!(message.contains("whose limit is 100 MiB"), "{message}");
}

fn children(folder: &Path) -> Vec<String> {
    let children = std::fs::read_to_string(folder.join("children")).unwrap_or_default();
    children.split_whitespace().map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_timeout_ends_the_process_and_its_children() {
    let (folder, stack) = project();
    let hanging = ending("hang".into(), text(folder.path()), None, Some(1500), 1);
    let (kind, message) = failure(&stack, hanging).await;
    assert_eq!(kind, FailureKind::Timeout, "{message}");
    for attempt in 1..=2 {
        let pid = std::fs::read_to_string(folder.path().join(format!("pid{attempt}"))).unwrap();
        eventually("the attempt's process has ended", || !is_alive(&pid));
    }
    let children = children(folder.path());
    assert_eq!(children.len(), 2);
    for child in children {
        eventually("the child has ended", || !is_alive(&child));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn cancelling_ends_the_process_and_its_children() {
    let (folder, stack) = project();
    let handle = ending("hang".into(), text(folder.path()), None, None, 0)
        .on(&stack)
        .quiet();
    let handle = handle.start().await.unwrap();
    eventually_async("the step has children", || children(folder.path()).len() == 2).await;
    handle.cancel();
    let error = handle.wait().await.unwrap_err();
    let RunError::Cancelled { run, .. } = &error else {
        panic!("{error}");
    };
    let step = Client::of(stack.clone()).run(*run).unwrap().step("end").unwrap();
    assert_eq!(step.status(), Status::Cancelled);
    let pid = std::fs::read_to_string(folder.path().join("pid1")).unwrap();
    for pid in children(folder.path()).into_iter().chain([pid]) {
        eventually("the process has ended", || !is_alive(&pid));
    }
}

#[tokio::test]
async fn a_crash_is_tried_again() {
    let (folder, stack) = project();
    let run = ending("later".into(), text(folder.path()), None, None, 1)
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(run.step("end").unwrap().record().attempt, 2);
    assert_ne!(*run.output().await.unwrap(), std::process::id());
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_ends_with_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Command::new(env!("CARGO_BIN_EXE_isolated"))
        .args(["ending", "hang", &text(folder.path())])
        .env("ZEN_HOME", folder.path().join(".zen"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the step has children", || children(folder.path()).len() == 2);
    parent.kill().unwrap();
    parent.wait().unwrap();
    let pid = std::fs::read_to_string(folder.path().join("pid1")).unwrap();
    let near = children(folder.path()).remove(0);
    for pid in [pid, near] {
        eventually("the process has ended", || !is_alive(&pid));
    }
    // The one that left the group is told by nobody: killing the parent leaves no one to look.
    let far = children(folder.path()).remove(1);
    let _ = Command::new("kill").args(["-9", &far]).status();
}

#[test]
fn the_environment_is_what_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_isolated"))
        .arg("surroundings")
        .env("ZEN_HOME", folder.path().join(".zen"))
        .env("ZEN_TEST_INHERITED", "inherited")
        .env("AWS_SECRET_ACCESS_KEY", "for nobody else")
        .env("GIVEN", "by the parent")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let environment: std::collections::BTreeMap<String, String> =
        serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(environment["GIVEN"], "by the call");
    assert_eq!(environment["OTHER"], "too");
    assert_eq!(environment["ZEN_TEST_INHERITED"], "inherited");
    assert_eq!(environment.get("PATH"), std::env::var("PATH").ok().as_ref());
    assert!(
        !environment.contains_key("AWS_SECRET_ACCESS_KEY"),
        "{environment:?}"
    );
}

#[tokio::test]
async fn variables_that_are_given_count_in_the_key() {
    let (_folder, stack) = project();
    for (variant, status) in [
        ("a", Status::Completed),
        ("b", Status::Completed),
        ("a", Status::Cached),
    ] {
        let run = variants(variant.into()).on(&stack).quiet().run().await.unwrap();
        assert_eq!(*run.output().await.unwrap(), variant);
        assert_eq!(run.step("with_variable").unwrap().status(), status, "{variant}");
    }
}

#[tokio::test]
async fn a_pipeline_that_becomes_another_graph_is_refused() {
    let (_folder, stack) = project();
    let error = unsteady().on(&stack).quiet().run().await.unwrap_err().to_string();
    assert!(error.contains("became another graph"), "{error}");
}

#[step(isolation = process)]
#[allow(clippy::ptr_arg)] // of a bare type parameter, `&[T]` takes no value
fn first<T: Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static>(values: &Vec<T>) -> T {
    values[0].clone()
}

#[pipeline]
fn generic<T: Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static>(
    values: Vec<T>,
) -> Artifact<T> {
    first(values)
}

#[step(isolation = process)]
fn alone() -> u8 {
    1
}

#[pipeline]
fn lonely() -> Artifact<u8> {
    alone()
}

#[tokio::test]
async fn what_can_not_be_isolated_is_refused_before_anything_runs() {
    let (_folder, stack) = project();
    let error = generic(vec![1u8]).on(&stack).quiet().run().await.unwrap_err();
    assert!(matches!(error, RunError::Isolation { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("step `first` can't run in a process of its own"),
        "{error}"
    );
    // This test's own program has a `main` that knows nothing of workers.
    let error = lonely()
        .on(&crate::support::memory())
        .quiet()
        .run()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("zen_core::main"), "{error}");
    assert!(
        Client::of(stack.clone())
            .runs(&Default::default())
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_program_that_is_no_worker_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .program("/bin/true")
        .build()
        .unwrap();
    let error = chain(1)
        .on(&stack)
        .isolation(Isolation::process())
        .quiet()
        .run()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("before it said what it is"), "{error}");
    assert!(error.contains("#[zen_core::main]"), "{error}");
}

#[tokio::test]
async fn an_input_that_was_damaged_is_made_again() {
    let (folder, stack) = project();
    let run = losing(text(folder.path()))
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let expected = (0..20_000u64).fold(0u64, |sum, i| sum.wrapping_add(i ^ 7));
    assert_eq!(*run.output().await.unwrap(), expected);
}

#[tokio::test]
async fn many_workers_at_once() {
    let (_folder, stack) = project();
    let runs = (1..=4).map(|from| {
        let launch = everything(from)
            .on(&stack)
            .isolation(Isolation::process())
            .parallel(8)
            .quiet();
        launch.run()
    });
    for run in futures::future::join_all(runs).await {
        assert_eq!(run.unwrap().status(), Status::Completed);
    }
    let run = chain(30)
        .on(&stack)
        .isolation(Isolation::process())
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(*run.output().await.unwrap(), 30);
}

#[tokio::test]
async fn waiting_for_a_step_takes_no_longer_than_its_grace() {
    let (folder, stack) = project();
    let launch = ending("hang".into(), text(folder.path()), None, None, 0)
        .on(&stack)
        .quiet();
    let handle = launch.grace(Duration::from_secs(3600)).start().await.unwrap();
    eventually_async("the step has begun", || folder.path().join("children").exists()).await;
    handle.cancel();
    assert!(handle.wait().await.is_err());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_program_that_is_no_worker_is_told_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    // It prints whatever it is told, and waits for more.
    let program = folder.path().join("echo");
    std::fs::write(&program, "#!/bin/sh\nexec cat\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let home = folder.path().join(".zen");
    let stack = Stack::builder().home(home).program(&program).build().unwrap();
    let (kind, message) = failure(
        &stack,
        ending("fail".into(), "SECRET".into(), None, Some(1500), 0),
    )
    .await;
    assert_eq!(kind, FailureKind::Timeout, "{message}");
    let run = Client::of(stack).last_run("ending").unwrap();
    let logs = run.step("end").unwrap().logs(0).unwrap();
    assert!(logs.is_empty(), "{logs:?}");
}
