//! A project of a test's own, whose services run the tests' program.

use std::path::Path;
use std::time::Duration;

use zen_core::deploy::{DeployConfig, DeployError, DeployRequest, store_model};
use zen_core::prelude::*;
use zen_core::testing::StopServices;
use zen_integrations::native::Native;
use zen_tests::models::Line;

/// More than any start takes, and less than a test may hang.
pub const SOON: Duration = Duration::from_secs(60);

/// A stack in a folder of its own. What runs in it ends with it.
pub struct Project {
    pub stack: Stack,
    _stop: StopServices,
    folder: tempfile::TempDir,
}

impl Project {
    pub fn new() -> Self {
        Self::of(env!("CARGO_BIN_EXE_servant").as_ref())
    }

    /// Whose services run this executable.
    pub fn of(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stack = Stack::builder()
            .home(folder.path().join(".zen"))
            .program(program)
            .model_deployer(Native::deployer())
            .build()
            .unwrap();
        Self {
            _stop: StopServices::of(&stack),
            stack,
            folder,
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Deploys a line by hand.
    pub fn deploy(&self, line: &Line, config: DeployConfig) -> Result<Service<Line>, DeployError> {
        self.deploy_model("line", line, config)
    }

    /// Deploys any model by hand; it is stored under this name.
    pub fn deploy_model<M: Materialize>(
        &self,
        name: &str,
        model: &M,
        config: DeployConfig,
    ) -> Result<Service<M>, DeployError> {
        let model = store_model(&self.stack, name, model)?;
        let deployer = Native::deployer();
        let service = deployer.deploy_model(&self.stack, &DeployRequest::new(model, config))?;
        Ok(service.of_model())
    }
}
