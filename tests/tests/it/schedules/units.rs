//! A scheduler under a service manager: what `docs/scheduler.md` says of systemd and of Kubernetes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use zen_core::metadata::SlotState;
use zen_core::prelude::*;
use zen_core::testing::StopServices;
use zen_tests::models::Line;

use crate::support::eventually;

const GUIDE: &str = include_str!("../../../../docs/scheduler.md");
const SOON: Duration = Duration::from_secs(120);

/// A control group, as a service manager makes one for every unit. It is removed with this.
struct Group(PathBuf);

impl Group {
    /// None: who runs the tests may make none.
    fn new(name: &str) -> Option<Self> {
        let roots = [
            ("/sys/fs/cgroup", "cgroup.controllers"),
            ("/sys/fs/cgroup/unified", "cgroup.controllers"),
            ("/sys/fs/cgroup/pids", "cgroup.procs"),
        ];
        let there = |(root, file): &(&str, &str)| Path::new(root).join(file).exists();
        let (root, _) = roots.into_iter().find(there)?;
        let folder = Path::new(root).join(format!("zen-test-unit-{name}-{}", std::process::id()));
        std::fs::create_dir(&folder).ok()?;
        Some(Self(folder))
    }

    fn members(&self) -> Vec<u32> {
        let members = std::fs::read_to_string(self.0.join("cgroup.procs")).unwrap();
        members.lines().map(|pid| pid.parse().unwrap()).collect()
    }

    fn send(&self, signal: Signal) {
        for member in self.members() {
            send(member, signal);
        }
    }

    /// Ends everything in it, whatever it starts meanwhile.
    fn kill(&self) {
        eventually("the control group is empty", || {
            self.send(Signal::KILL);
            self.members().is_empty()
        });
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        let folder = self.0.clone();
        eventually("the control group can be removed", || {
            std::fs::remove_dir(&folder).is_ok() || !folder.exists()
        });
    }
}

/// A process that has ended meanwhile needs no signal.
fn send(process: u32, signal: Signal) {
    let pid = Pid::from_raw(process.cast_signed()).unwrap();
    let _ = kill_process(pid, signal);
}

struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A scheduler in a control group of its own, which has deployed a model.
struct Unit {
    main: Guard,
    service: Service<Line>,
    server: u32,
    _stop: StopServices,
    group: Group,
    _folder: tempfile::TempDir,
}

impl Unit {
    fn start(name: &str) -> Option<Self> {
        let Some(group) = Group::new(name) else {
            // Only who may make control groups can try it.
            eprintln!("skipped: no control group can be made here");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join(".zen");
        // The program takes the shell's place, and with it the process id.
        let mut command = Command::new("sh");
        command
            .args(["-c", r#"echo $$ >"$1" && shift && exec "$@""#, "unit"])
            .arg(group.0.join("cgroup.procs"))
            .arg(env!("CARGO_BIN_EXE_servant"))
            .arg("schedule")
            .arg(&home)
            .env("ZEN_PROGRESS", "off")
            .stdin(Stdio::null());
        let main = Guard(command.spawn().unwrap());
        let stack = Stack::builder()
            .home(&home)
            .program(env!("CARGO_BIN_EXE_servant"))
            .build()
            .unwrap();
        let client = Client::of(stack.clone());
        eventually("the model is deployed", || {
            let slots = client
                .schedule("deployment")
                .and_then(|schedule| schedule.history(1));
            slots.is_ok_and(|slots| slots.iter().any(|slot| slot.state() == SlotState::Completed))
        });
        let service = Service::last_from_step(&stack, "deploying", "model_deployer", true);
        let service: Service<Line> = service.unwrap().expect("a server runs");
        let server = service.versions().unwrap()[0].process.as_ref().unwrap().pid;
        let unit = Self {
            main,
            service,
            server,
            _stop: StopServices::of(&stack),
            group,
            _folder: folder,
        };
        // A session of its own does not lead out of the group: this is why it matters how a unit is stopped.
        let members = unit.group.members();
        assert!(members.contains(&unit.main.0.id()), "{members:?}");
        assert!(members.contains(&unit.server), "{members:?}");
        assert_eq!(unit.service.predict(&[2.0]).unwrap(), [6.0]);
        Some(unit)
    }

    fn code(&mut self) -> Option<i32> {
        self.main.0.wait().unwrap().code()
    }
}

#[test]
fn stopping_the_whole_control_group_ends_the_model_servers() {
    let Some(mut unit) = Unit::start("all") else {
        return;
    };
    // What `KillMode=control-group` does, which is the default.
    unit.group.send(Signal::TERM);
    assert_eq!(unit.code(), Some(0));
    unit.group.kill();
    assert!(!unit.service.is_running());
    assert!(unit.service.predict(&[2.0]).is_err());
    // The way back, as after a restart of the machine.
    let before = unit.service.prediction_url();
    unit.service.start(SOON).unwrap();
    assert_eq!(unit.service.prediction_url(), before);
    assert_eq!(unit.service.predict(&[2.0]).unwrap(), [6.0]);
}

#[test]
fn the_mixed_mode_ends_them_too_and_without_asking() {
    let Some(mut unit) = Unit::start("mixed") else {
        return;
    };
    // What `KillMode=mixed` does.
    send(unit.main.0.id(), Signal::TERM);
    assert_eq!(unit.code(), Some(0));
    unit.group.kill();
    assert!(!unit.service.is_running());
}

#[test]
fn stopping_the_main_process_alone_leaves_the_model_servers_as_they_are() {
    let Some(mut unit) = Unit::start("process") else {
        return;
    };
    // What `KillMode=process` does.
    send(unit.main.0.id(), Signal::TERM);
    assert_eq!(unit.code(), Some(0));
    assert_eq!(
        unit.group.members(),
        [unit.server],
        "nothing but the server is left"
    );
    assert_eq!(unit.service.predict(&[2.0]).unwrap(), [6.0]);
    assert_eq!(unit.service.record().unwrap().version, 1);
    unit.service.stop(SOON, false).unwrap();
}

#[test]
fn the_exit_code_says_that_runs_were_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".zen");
    let mut command = Command::new(env!("CARGO_BIN_EXE_servant"));
    command.arg("schedule").arg(&home).arg("linger");
    command.stderr(Stdio::piped()).env_remove("ZEN_PROGRESS");
    let mut main = Guard(command.spawn().unwrap());
    let client = Client::of(Stack::builder().home(&home).build().unwrap());
    let step = || client.last_run("lingering").and_then(|run| run.step("linger"));
    eventually("the step is under way", || {
        step().is_ok_and(|step| step.status() == Status::Running)
    });
    send(main.0.id(), Signal::TERM);
    let mut said = BufReader::new(main.0.stderr.take().unwrap()).lines();
    let stopping = said.any(|line| line.unwrap() == "scheduler: stopping, 1 run");
    assert!(stopping, "it waits for its run");
    // Before the time for runs to end has passed: at once.
    send(main.0.id(), Signal::TERM);
    let rest: Vec<String> = said.map(Result::unwrap).collect();
    assert_eq!(main.0.wait().unwrap().code(), Some(4), "{rest:?}");
    assert_eq!(step().unwrap().status(), Status::Cancelled);
    // The next start goes on with it.
    let slot = client
        .schedule("lingering")
        .unwrap()
        .history(1)
        .unwrap()
        .remove(0);
    assert_eq!(slot.state(), SlotState::Queued);
}

/// The first block of the guide in this language.
fn block(language: &str) -> &'static str {
    let begin = format!("```{language}\n");
    let (_, rest) = GUIDE.split_once(&begin).expect("the block is there");
    rest.split_once("```\n").expect("it ends").0
}

/// The settings of a unit file, by section and name.
fn settings() -> BTreeMap<(String, String), Vec<String>> {
    let mut settings: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let mut section = String::new();
    for line in block("ini").lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.to_owned();
        } else if let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let values = settings.entry((section.clone(), name.to_owned())).or_default();
            values.push(value.to_owned());
        }
    }
    settings
}

#[test]
fn the_unit_file_has_what_keeps_the_model_servers_alive() {
    let settings = settings();
    let get = |name: &str| {
        let values = settings.get(&("Service".to_owned(), name.to_owned()));
        values.map(|values| values.join(" "))
    };
    for (name, value) in [
        ("KillMode", "process"),
        ("Restart", "on-failure"),
        // What the scheduler ends with when it had to cancel runs.
        ("SuccessExitStatus", "4"),
        // A server that the kernel ends for lack of memory must not stop the unit.
        ("OOMPolicy", "continue"),
    ] {
        assert_eq!(get(name).as_deref(), Some(value), "{name}");
    }
    // The scheduler's 30 s, and the 30 s of a cancelled run.
    let timeout: u64 = get("TimeoutStopSec").unwrap().parse().unwrap();
    assert!(timeout > 60, "{timeout}");
    // Taken away with the unit, while the servers go on; and the signal is SIGTERM.
    for name in [
        "PrivateTmp",
        "RuntimeDirectory",
        "DynamicUser",
        "KillSignal",
        "FinalKillSignal",
    ] {
        assert_eq!(get(name), None, "{name}");
    }
    assert!(get("ExecStart").is_some_and(|command| command.starts_with('/')));
    assert!(get("Environment").is_some_and(|variables| variables.contains("ZEN_HOME=/")));
}

#[test]
fn systemd_takes_the_unit_file() {
    let analyze = |arguments: &[&str]| Command::new("systemd-analyze").args(arguments).output();
    if !analyze(&["--version"]).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: systemd-analyze is not there");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("digits-scheduler.service");
    let unit: String = block("ini")
        .lines()
        .map(|line| match line.starts_with("ExecStart=") {
            // A program that is there.
            true => format!("ExecStart={}\n", env!("CARGO_BIN_EXE_servant")),
            false => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&file, &unit).unwrap();
    let verify = || analyze(&["verify", "--man=no", file.to_str().unwrap()]).unwrap();
    let output = verify();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    // What it doesn't understand it only mentions.
    assert!(!said.contains("digits-scheduler.service"), "{said}");
    std::fs::write(&file, unit.replace("KillMode=process", "KillMode=nothing")).unwrap();
    let said = verify().stderr;
    assert!(
        String::from_utf8_lossy(&said).contains("kill mode"),
        "it checks nothing"
    );
}

#[test]
fn the_manifest_says_what_a_scheduler_needs() {
    let python = || Command::new(std::env::var_os("ZEN_TEST_PYTHON").unwrap_or_else(|| "python3".into()));
    let found = python().args(["-c", "import yaml"]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !zen_tests::require("yaml (in python3, or in what ZEN_TEST_PYTHON names)", found) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scheduler.yaml");
    std::fs::write(&file, block("yaml")).unwrap();
    let script = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let output = python().args(["-c", script]).arg(&file).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let documents: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let of_kind = |kind: &str| {
        let mut found = documents.iter().filter(|document| document["kind"] == kind);
        found.next().unwrap_or_else(|| panic!("there is no {kind}"))
    };
    let deployment = &of_kind("Deployment")["spec"];
    assert_eq!(deployment["replicas"], 1);
    // Two of them would share a volume that one node may write.
    assert_eq!(deployment["strategy"]["type"], "Recreate");
    let pod = &deployment["template"]["spec"];
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > 60);
    assert_eq!(pod["shareProcessNamespace"], true);
    assert!(pod["hostname"].is_string());
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/v2/health/ready");
    assert_eq!(container["env"][0]["name"], "ZEN_HOME");
    let claim = &pod["volumes"][0]["persistentVolumeClaim"]["claimName"];
    assert_eq!(claim, &of_kind("PersistentVolumeClaim")["metadata"]["name"]);
    assert_eq!(container["volumeMounts"][0]["name"], pod["volumes"][0]["name"]);
    let labels = &deployment["template"]["metadata"]["labels"];
    assert_eq!(labels, &deployment["selector"]["matchLabels"]);
    assert_eq!(labels, &of_kind("Service")["spec"]["selector"]);
}
