//! Models that are served.

use std::net::SocketAddr;
use std::path::Path;

use zen_core::artifact::Materialize;
use zen_core::deploy::DeployConfig;
use zen_core::prelude::Service;
use zen_integrations::native::NativeOptions;

use crate::deploying::project::Project;

/// A project whose models are served.
pub struct Served {
    project: Project,
}

/// A model's server.
pub struct Server {
    service: Service,
    pub name: String,
    pub address: SocketAddr,
    pub pid: u32,
}

impl Served {
    pub fn new() -> Self {
        Self {
            project: Project::new(),
        }
    }

    pub fn folder(&self) -> &Path {
        self.project.folder()
    }

    pub fn start<M: Materialize>(&self, name: &str, model: &M) -> Server {
        self.start_with(name, model, &NativeOptions::default())
    }

    pub fn start_with<M: Materialize>(&self, name: &str, model: &M, options: &NativeOptions) -> Server {
        self.deploy(model, DeployConfig::named(name).with(options))
    }

    pub fn deploy<M: Materialize>(&self, model: &M, config: DeployConfig) -> Server {
        let name = config.model_name.clone();
        let service = self.project.deploy_model("model", model, config).unwrap();
        let endpoint = service.endpoint().unwrap();
        let versions = service.versions().unwrap();
        Server {
            address: SocketAddr::new(endpoint.host.parse().unwrap(), endpoint.port),
            pid: versions.last().unwrap().process.as_ref().unwrap().pid,
            service: service.of_model(),
            name,
        }
    }
}

impl Server {
    /// The memory that it has, in MiB.
    pub fn resident(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most memory that it ever had, in MiB.
    pub fn peak(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// Nothing has harmed it: it is the process it was, is ready, and no thread of it panicked.
    pub fn assert_sound(&self) {
        let log = self.log();
        let panic = log.lines().find(|line| line.contains("panicked"));
        assert_eq!(panic, None, "the server's log");
        assert!(self.service.is_running());
        let versions = self.service.versions().unwrap();
        assert_eq!(versions.len(), 1);
        assert_eq!(versions[0].process.as_ref().unwrap().pid, self.pid);
    }

    pub fn log(&self) -> String {
        let lines = self.service.logs(false, None).unwrap();
        lines.map(|line| line + "\n").collect()
    }
}
