//! The service: a server in front of MLflow's, and MLflow's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use zen_core::prelude::Result;
use zen_core::service::{LocalService, Paths, Serving};
use zen_core::serving::ModelRef;

use super::child::{Child, Serve, keeper};
use super::kept;
use super::model_uri::Resolved;
use super::served::Served;
use super::tracking::Tracking;
use super::{MlflowServerError, executable, front};
use crate::export::export;
use crate::mlflow::ModelDir;
use crate::native::{Engine, Metrics, NativeOptions, server};

/// How long the child may take to end, when there is no time left.
const ENDING: Duration = Duration::from_secs(5);

/// A model behind MLflow's server. The deployer makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MlflowService {
    /// The model.
    pub(super) model: ModelRef,
    /// The name clients know it by.
    pub(super) name: String,
    /// How the server in front serves it.
    pub(super) options: NativeOptions,
    /// The model that is served in place of the artifact.
    pub(super) uri: Option<Resolved>,
    pub(super) executable: PathBuf,
    pub(super) workers: usize,
    pub(super) tracking: Tracking,
}

impl LocalService for MlflowService {
    const KIND: &'static str = "mlflow-model-server";

    fn paths(&self) -> Paths {
        Paths::http("/ping").predicting_at("/predict")
    }

    async fn serve(self, serving: Serving) -> Result<()> {
        let version = serving.version().to_string();
        // The server reads it again when it begins: what is missing must be said before a running version is replaced.
        if let Some(token) = &self.options.token {
            token.read()?;
        }
        executable::find(&self.executable.to_string_lossy(), Path::new("/"), "`executable`")?;
        let (prepared, serving) = {
            let service = self.clone();
            spawn_blocking(move || service.prepare(&serving).map(|prepared| (prepared, serving))).await??
        };
        let dir = prepared.dir(&self.executable).await?;
        let serve = Serve {
            executable: self.executable.clone(),
            model: dir.path().to_owned(),
            workers: self.workers,
            request_timeout: self.options.request_timeout,
        };
        let (mut child, upstream) = serve.start().await?;
        let metrics = Metrics::new(&self.name, &version);
        let model = Served::new(upstream.clone(), Handle::current(), dir.signature());
        let engine = Engine::new(
            self.name.clone(),
            version,
            Arc::new(model),
            &self.options,
            metrics,
        );
        let warm = engine.clone();
        spawn_blocking(move || warm.warm_up()).await??;
        let server = server(engine, self.options)
            .elsewhere(front::PATHS, front::router(upstream))
            .leaving(serving.leaving());
        let listener = TcpListener::from_std(serving.listener()?)?;
        let stages = tokio::select! {
            stages = serving.ready() => stages?,
            died = child.died() => return Err(died.into()),
        };
        kept::prune(&prepared.folder, dir.path());
        let receiver = stages.clone().into_receiver();
        tokio::select! {
            served = server.serve(listener, receiver) => served?,
            died = child.died() => return Err(died.into()),
        }
        let left = stages
            .current()
            .until()
            .map(|until| until.saturating_duration_since(Instant::now()));
        child.stop(left.unwrap_or_default().max(ENDING)).await;
        Ok(())
    }
}

/// What is known before MLflow is asked for anything.
struct Prepared {
    /// Where the service's models are.
    folder: PathBuf,
    /// The model, when it need not be fetched.
    dir: Option<ModelDir>,
    /// The model to fetch.
    fetch: Option<Resolved>,
    variables: Vec<(&'static str, std::ffi::OsString)>,
}

impl MlflowService {
    /// Blocks.
    fn prepare(&self, serving: &Serving) -> Result<Prepared> {
        let stack = serving.stack()?;
        let home = stack.home().ok_or("the stack has no folder")?;
        let folder = home
            .join("services")
            .join(serving.service().to_string())
            .join("models");
        let (dir, fetch) = match &self.uri {
            None => (
                Some(ModelDir::write(&folder, &export(&stack, &self.model)?)?),
                None,
            ),
            Some(Resolved {
                folder: Some(folder), ..
            }) => (Some(ModelDir::open(folder)?), None),
            Some(resolved) => {
                let fetched = ModelDir::open(&folder.join(resolved.digest.short()));
                match fetched {
                    Ok(dir) => (Some(dir), None),
                    Err(_) => (None, Some(resolved.clone())),
                }
            }
        };
        // Only MLflow's own download needs to know the server, not the model's code.
        let variables = match fetch {
            Some(_) => {
                let credentials = self.tracking.credentials(stack.secrets())?;
                self.tracking.variables(&credentials)
            }
            None => Vec::new(),
        };
        Ok(Prepared {
            folder,
            dir,
            fetch,
            variables,
        })
    }
}

impl Prepared {
    /// The model's folder, where it is fetched to when it isn't there.
    async fn dir(&self, executable: &Path) -> Result<ModelDir, MlflowServerError> {
        match (&self.dir, &self.fetch) {
            (Some(dir), _) => Ok(dir.clone()),
            (None, Some(resolved)) => self.fetch(executable, resolved).await,
            (None, None) => Err(MlflowServerError::Uri {
                uri: String::new(),
                reason: "there is none".to_owned(),
            }),
        }
    }

    /// Lets MLflow fetch a model: a restart serves the same, also when the tracking server is gone.
    async fn fetch(&self, executable: &Path, resolved: &Resolved) -> Result<ModelDir, MlflowServerError> {
        let failed = |source| MlflowServerError::Process {
            what: "keeping a model that was fetched",
            source,
        };
        let name = resolved.digest.short();
        let part = kept::Part::new(&self.folder, &name).map_err(failed)?;
        let mut command = keeper(executable, &self.variables);
        command
            .args(["artifacts", "download", "-u", &resolved.uri, "-d"])
            .arg(part.path());
        let mut child = Child::spawn(command)?;
        let ended = child.ended().await;
        let fetch = |how: String| MlflowServerError::Fetch {
            uri: resolved.uri.clone(),
            how,
            output: child.output().last(),
        };
        match ended {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(fetch(status.to_string())),
            Err(error) => return Err(fetch(error.to_string())),
        }
        // A model of a run is in a folder below.
        let below = std::fs::read_dir(part.path())
            .map_err(failed)?
            .flatten()
            .map(|entry| entry.path());
        let model = [part.path().to_owned()]
            .into_iter()
            .chain(below)
            .find(|path| path.join("MLmodel").is_file());
        let model = model.ok_or_else(|| fetch("it has no file `MLmodel`".to_owned()))?;
        // What can't be served is not kept.
        ModelDir::open(&model)?;
        let path = self.folder.join(name);
        kept::put(&model, &path).map_err(failed)?;
        Ok(ModelDir::open(&path)?)
    }
}

zen_core::register_local_service!(MlflowService);
