//! Model deployers: they put a model behind a prediction server, and find, update, stop and remove servers.
//!
//! In a pipeline, the standard step [`model_deployer`](model_deployer()) does it; [`deploy`](deploy()) is for
//! programs that do it by hand, and [`Stack::model_deployer`](crate::stack::Stack::model_deployer) for all else that a deployer does.

mod config;
mod decide;
mod deployer;
mod error;
mod filter;
#[cfg(unix)]
mod local;
mod model;
mod registry;
mod step;

pub use config::{DeployConfig, FlavorOptions};
pub use decide::{DeployOutcome, deploy};
pub use deployer::{DeployRequest, ModelDeployer, Origin};
pub use error::DeployError;
pub use filter::ServerFilter;
#[cfg(unix)]
pub use local::{LocalFlavor, LocalModelDeployer};
pub use model::store_model;
pub(crate) use model::stored_input;
pub use registry::{ModelDeployerKind, deployer_of_flavor, registered_deployers};
pub use step::model_deployer;
