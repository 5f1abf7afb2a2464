//! The servers that are measured, as processes.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use zen_core::artifact::Materialize;
use zen_core::deploy::{DeployConfig, DeployRequest, store_model};
use zen_core::prelude::*;
use zen_core::service::Service;
use zen_core::serving::ModelRef;
use zen_core::testing::StopServices;
use zen_integrations::native::Native;

use crate::floor;
use crate::models::{Inline, Isolated, Network};
use crate::payload::MODEL;

/// A server.
pub(crate) trait Target {
    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// Its process.
    fn pid(&self) -> u32;
}

/// Zen's servers and the floor.
pub(crate) struct Targets {
    /// Predicts in the connections' tasks.
    pub(crate) inline: Deployed,
    /// Predicts in a thread of its own.
    pub(crate) isolated: Deployed,
    /// Bare axum.
    pub(crate) floor: Floor,
    _project: Project,
}

impl Targets {
    /// Starts all three.
    pub(crate) fn start() -> Self {
        let project = Project::new(None);
        let inline = project.store(&Inline(Network::new()));
        let isolated = project.store(&Isolated(Network::new()));
        // Two servers that have the same name for clients.
        let deploy = |model| project.deploy(model, DeployConfig::named(MODEL).replace(false));
        Self {
            inline: deploy(inline),
            isolated: deploy(isolated),
            floor: Floor::start(),
            _project: project,
        }
    }
}

/// A stack in a folder of its own. What runs in it ends with it.
pub(crate) struct Project {
    stack: Stack,
    _stop: StopServices,
    _folder: TempDir,
}

impl Project {
    /// Its services run this executable, or else this program.
    pub(crate) fn new(program: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let mut stack = Stack::builder()
            .home(folder.path().join(".zen"))
            .model_deployer(Native::deployer());
        if let Some(program) = program {
            stack = stack.program(program);
        }
        let stack = stack.build().expect("a stack");
        Self {
            _stop: StopServices::of(&stack),
            stack,
            _folder: folder,
        }
    }

    /// Stores a model.
    pub(crate) fn store<M: Materialize>(&self, model: &M) -> ModelRef {
        store_model(&self.stack, MODEL, model).expect("a model")
    }

    /// Deploys it, or updates the server that has the configuration's name.
    pub(crate) fn deploy(&self, model: ModelRef, config: DeployConfig) -> Deployed {
        let request = DeployRequest::new(model, config);
        let service = Native::deployer().deploy_model(&self.stack, &request);
        let service = service.expect("a server");
        let endpoint = service.endpoint().expect("an endpoint");
        let mut addresses = (endpoint.host.as_str(), endpoint.port)
            .to_socket_addrs()
            .expect("an address");
        Deployed {
            address: addresses.next().expect("an address"),
            service,
        }
    }
}

/// A server of zen.
pub(crate) struct Deployed {
    service: Service,
    address: SocketAddr,
}

impl Target for Deployed {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn pid(&self) -> u32 {
        let versions = self.service.versions().expect("versions");
        let newest = versions.last().and_then(|version| version.process.as_ref());
        newest.expect("a process").pid
    }
}

/// A floor; it ends when it is dropped.
pub(crate) struct Floor {
    child: Child,
    address: SocketAddr,
}

impl Floor {
    /// Starts it, and waits until it listens.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .arg(floor::ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("its port");
        let port: u16 = line.trim().parse().expect("a port");
        Self {
            child,
            address: ([127, 0, 0, 1], port).into(),
        }
    }
}

impl Target for Floor {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
