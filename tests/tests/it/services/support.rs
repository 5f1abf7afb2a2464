//! What the tests of services share.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use uuid::Uuid;
use zen_core::metadata::{Change, ServiceVersionRecord};
use zen_core::prelude::*;
use zen_core::service::LocalService;
use zen_core::testing::StopServices;

/// Far longer than anything takes.
pub const SOON: Duration = Duration::from_secs(120);

/// A stack in a folder of its own whose services run the tests' program. Whatever they start ends with it.
pub struct Project {
    pub stack: Stack,
    _stop: StopServices,
    folder: tempfile::TempDir,
}

/// With the tests' program.
pub fn project() -> Project {
    project_with(env!("CARGO_BIN_EXE_servant"))
}

/// With another program.
pub fn project_with(program: impl Into<PathBuf>) -> Project {
    let folder = tempfile::tempdir().unwrap();
    let stack = stack_with(&folder.path().join(".zen"), program);
    Project {
        _stop: StopServices::of(&stack),
        stack,
        folder,
    }
}

/// A stack of the project in this folder, whose services run this program.
pub fn stack_with(home: &Path, program: impl Into<PathBuf>) -> Stack {
    Stack::builder().home(home).program(program).build().unwrap()
}

impl Project {
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.folder().join(".zen")
    }

    /// The folder of what a service leaves while it runs.
    pub fn folder_of(&self, service: &Service) -> PathBuf {
        self.home().join("services").join(service.id().to_string())
    }

    pub fn service<S: LocalService>(&self, what: &S) -> Service {
        Service::local(&self.stack, "tested", what).unwrap()
    }

    pub fn started<S: LocalService>(&self, what: &S) -> Service {
        let service = self.service(what);
        service.start(SOON).unwrap();
        service
    }

    /// The tests' program with these arguments after the command and the folder.
    pub fn servant(&self, command: &str, arguments: &[&str]) -> Command {
        let mut servant = Command::new(env!("CARGO_BIN_EXE_servant"));
        servant.arg(command).arg(self.home()).args(arguments);
        servant
    }

    /// The names of the kept programs.
    pub fn programs(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.home().join("bin")).into_iter().flatten();
        let mut names: Vec<_> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// A program that does the same and is another file: what comes after the end of an executable is not looked at.
pub fn variant(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::copy(env!("CARGO_BIN_EXE_servant"), &path).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, name.as_bytes()).unwrap();
    path
}

/// Kills and reaps its process, also when the test panics.
pub struct Guard(pub Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program that has to succeed; returns what it prints.
#[track_caller]
pub fn printed(mut command: Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().trim().to_owned()
}

/// Waits for what another process brings about.
///
/// # Panics
/// When it isn't so after two minutes, which is far longer than it can take.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < SOON, "waited two minutes in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The version with the highest number.
pub fn newest(service: &Service) -> Option<ServiceVersionRecord> {
    service.versions().unwrap().pop()
}

/// The version that is recorded as the current one.
pub fn current(service: &Service) -> ServiceVersionRecord {
    let number = service.record().unwrap().version;
    let versions = service.versions().unwrap();
    versions
        .into_iter()
        .find(|version| version.number == number)
        .unwrap()
}

/// The current version's process.
pub fn pid(service: &Service) -> u32 {
    current(service).process.unwrap().pid
}

/// Changes what is recorded of the current version.
pub fn edit(service: &Service, change: impl FnOnce(&mut ServiceVersionRecord)) {
    let mut version = current(service);
    change(&mut version);
    let change = Change::ServiceVersion(Box::new(version));
    service.stack().metadata().apply(&[change]).unwrap();
}

/// The fields of `/proc/<pid>/stat` from the state on; none when there is no such process or it has ended.
pub fn stat(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    (fields[0] != "Z" && fields[0] != "X").then_some(fields)
}

pub fn is_alive(pid: u32) -> bool {
    stat(pid).is_some()
}

/// All processes that were started for this service, as their arguments say.
pub fn processes(service: Uuid) -> Vec<u32> {
    let id = service.to_string();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut arguments = arguments.split(|byte| *byte == 0);
        let mut arguments = || arguments.next().unwrap_or_default();
        let (_, mark, _, _, service) = (arguments(), arguments(), arguments(), arguments(), arguments());
        mark == b"--zen-daemon" && service == id.as_bytes() && is_alive(*pid)
    })
    .collect()
}

/// No process of this service is left.
#[track_caller]
pub fn assert_gone(service: &Service) {
    assert_eq!(processes(service.id()), Vec::<u32>::new());
}

pub fn signal(pid: u32, signal: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{signal}"), &pid.to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Kills a process and waits for its end.
pub fn kill(pid: u32) {
    signal(pid, "KILL");
    eventually("a killed process ends", || !is_alive(pid));
}
