//! The model behind the server, and the server.

use std::time::Duration;

use zen_core::prelude::*;
use zen_core::service::load_last_service_from_step;
use zen_examples::digits::Digits;

use crate::pipelines::{DEPLOYER, TRAINING};

/// What the server has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Served {
    /// The server's version.
    pub(crate) version: u32,
    /// Its model.
    pub(crate) model: Digits,
}

/// The model that is served; none before the first deployment.
///
/// It is read from the store, as the artifact that the deploying step got. Asking the server for predictions would compare the same models, but
/// would need a server that runs, and would take time from those who ask it. Never cached: somebody may have deployed or rolled back.
#[step(cache = false)]
pub(crate) async fn served_model() -> Result<Option<Served>> {
    let Some(service) = find()? else { return Ok(None) };
    let record = service.record()?;
    let run = record.run.ok_or("the server was deployed by hand")?;
    let deployer = Client::of(service.stack().clone()).run(run)?.step(DEPLOYER)?;
    let inputs = deployer.inputs()?;
    let model = inputs.iter().find(|(name, _)| name == "model");
    let (_, model) = model.ok_or("the deploying step had no stored model")?;
    Ok(Some(Served {
        version: record.version,
        model: model.load().await?,
    }))
}

/// The server, if one was ever started.
fn find() -> Result<Option<Service<Digits>>> {
    let service = load_last_service_from_step::<Digits>(TRAINING, DEPLOYER, false)?;
    Ok(service.filter(|service| service.endpoint().is_some()))
}

/// Starts the server again if it should run and doesn't, and says so.
pub(crate) fn start_again(timeout: Duration) -> Result<Option<String>> {
    let Some(service) = find()? else { return Ok(None) };
    if service.record()?.desired != ServiceState::Active || service.is_running() {
        return Ok(None);
    }
    service.start(timeout)?;
    Ok(Some(format!(
        "The server did not run any more. It was started again:\n{}\n\n",
        service.prediction_url()
    )))
}

/// Stops the server, and says what came of it.
pub(crate) fn stop(timeout: Duration) -> Result<String> {
    let Some(service) = find()? else {
        return Ok("No server was ever deployed: there is nothing to stop.\n".into());
    };
    if service.status()?.state == ServiceState::Inactive {
        return Ok(format!(
            "The server {service} doesn't run: there is nothing to stop.\n"
        ));
    }
    service.stop(timeout, false)?;
    Ok(format!("The server {service} has been stopped.\n"))
}
