//! A project of a test's own, whose models MLflow serves.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zen_core::deploy::{DeployConfig, DeployError, DeployRequest, ModelDeployer, store_model};
use zen_core::prelude::*;
use zen_core::testing::StopServices;
use zen_integrations::mlflow::{Mlflow, MlflowOptions};
use zen_tests::models::Line;

/// More than any start takes, and less than a test may hang.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A stack in a folder of its own. What runs in it ends with it. Only one at a time: each server of MLflow's is two or more processes of Python's.
pub struct Project {
    pub stack: Stack,
    pub executable: PathBuf,
    _stop: StopServices,
    folder: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Project {
    /// None when there is no MLflow: the test is skipped.
    pub fn new() -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        let executable = zen_tests::mlflow::executable()?;
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let stack = Stack::builder()
            .home(folder.path().join(".zen"))
            .program(env!("CARGO_BIN_EXE_servant"))
            .build()
            .unwrap();
        Some(Self {
            _stop: StopServices::of(&stack),
            stack,
            executable,
            folder,
            _turn: turn,
        })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn options(&self) -> MlflowOptions {
        MlflowOptions::default().executable(self.executable.to_str().unwrap())
    }

    pub fn deployer(&self) -> Arc<dyn ModelDeployer> {
        Mlflow::with_defaults(self.options())
    }

    /// Deploys a line by hand.
    pub fn deploy(&self, line: &Line, config: DeployConfig) -> Result<Service<Line>, DeployError> {
        let model = store_model(&self.stack, "line", line)?;
        let request = DeployRequest::new(model, config.timeout(PATIENCE));
        let service = self.deployer().deploy_model(&self.stack, &request)?;
        Ok(service.of_model())
    }

    /// Deploys what a URI means.
    pub fn deploy_uri(&self, uri: &str, options: MlflowOptions) -> Result<Service, DeployError> {
        let config = DeployConfig::named("model")
            .timeout(PATIENCE)
            .with(&options.or(self.options()));
        zen_integrations::mlflow::deploy_uri(&self.stack, uri, config)
    }
}

/// The process that serves.
pub fn front<M>(service: &Service<M>) -> u32 {
    let versions = service.versions().unwrap();
    versions.last().unwrap().process.as_ref().unwrap().pid
}

/// The living processes of a session, with their command lines.
pub fn members(session: u32) -> Vec<(u32, String)> {
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let of_session = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let rest = stat
            .rsplit_once(") ")
            .map(|(_, rest)| rest.to_owned())
            .unwrap_or_default();
        let fields: Vec<&str> = rest.split(' ').collect();
        fields.get(3).is_some_and(|found| **found == session.to_string()) && fields[0] != "Z"
    };
    let command = |pid: u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        (pid, String::from_utf8_lossy(&line).replace('\0', " "))
    };
    pids.filter(of_session).map(command).collect()
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never came about: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Kills a process, as a crash would.
pub fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
