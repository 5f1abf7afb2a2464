//! The servers that are measured, as processes.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use zen_core::deploy::{DeployConfig, DeployRequest, ModelDeployer, store_model};
use zen_core::prelude::*;
use zen_core::serving::{Datatype, ModelRef, TensorSpec};
use zen_core::testing::StopServices;
use zen_integrations::export::{ClassificationOutput, ExportedOnnx, LogisticRegression, StandardScaler};
use zen_integrations::mlflow::{Mlflow, MlflowOptions, ModelDir};
use zen_integrations::native::Native;
use zen_integrations::native::onnx::OnnxModel;

/// The pixels of a row.
pub(crate) const INPUTS: usize = 64;
const CLASSES: usize = 10;

fn weight(class: usize, place: usize) -> f32 {
    ((class * 31 + place * 17) % 23) as f32 / 23.0 - 0.5
}

/// The labels that the model gives these rows.
pub(crate) fn expected(rows: &[Vec<f32>]) -> Vec<u64> {
    let label = |row: &Vec<f32>| {
        let score = |class: usize| -> f32 {
            let scaled = row.iter().map(|pixel| (pixel - 8.0) / 4.0);
            scaled
                .enumerate()
                .map(|(place, x)| weight(class, place) * x)
                .sum()
        };
        let best = (0..CLASSES).max_by(|a, b| score(*a).total_cmp(&score(*b)));
        best.unwrap_or_default() as u64
    };
    rows.iter().map(label).collect()
}

/// A softmax regression with its scaler.
fn model() -> ExportedOnnx {
    let weights: Vec<Vec<f32>> = (0..CLASSES)
        .map(|class| (0..INPUTS).map(|place| weight(class, place)).collect())
        .collect();
    let spec = |name: &str, datatype, shape| TensorSpec {
        name: name.into(),
        datatype,
        shape,
    };
    LogisticRegression::multinomial(weights, vec![0.0; CLASSES])
        .scaled(StandardScaler::uniform(8.0, 4.0))
        .export(
            &[spec("pixels", Datatype::Fp32, vec![-1, INPUTS as i64])],
            &[
                spec("digit", Datatype::Int64, vec![-1]),
                spec("probability", Datatype::Fp32, vec![-1]),
            ],
            [
                ("digit", ClassificationOutput::Label),
                ("probability", ClassificationOutput::Probability),
            ],
        )
        .expect("a model")
}

/// All of them. They end when this is dropped.
pub(crate) struct Servers {
    native: SocketAddr,
    alone: Alone,
    front: SocketAddr,
    _stop: StopServices,
    _folder: TempDir,
}

impl Servers {
    pub(crate) fn start(mlflow: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let stack = Stack::builder()
            .home(folder.path().join(".zen"))
            .build()
            .expect("a stack");
        let stop = StopServices::of(&stack);
        let file = model();
        let artifact = OnnxModel::from_bytes(file.bytes().to_vec()).expect("a model that tract runs");
        let stored = store_model(&stack, "digits", &artifact).expect("a model");
        let options = MlflowOptions::default().executable(mlflow.display().to_string());
        Self {
            native: deployed(&stack, Native::deployer(), &stored, DeployConfig::named("native")),
            front: deployed(
                &stack,
                Mlflow::deployer(),
                &stored,
                DeployConfig::named("front")
                    .timeout(Duration::from_secs(120))
                    .with(&options),
            ),
            alone: Alone::start(mlflow, folder.path(), &file),
            _stop: stop,
            _folder: folder,
        }
    }

    /// By their names.
    pub(crate) fn all(&self) -> [(&'static str, SocketAddr); 3] {
        [
            ("native", self.native),
            ("mlflow", self.alone.address),
            ("mlflow behind the front", self.front),
        ]
    }
}

fn deployed(
    stack: &Stack,
    deployer: Arc<dyn ModelDeployer>,
    model: &ModelRef,
    config: DeployConfig,
) -> SocketAddr {
    let service = deployer.deploy_model(stack, &DeployRequest::new(model.clone(), config));
    let endpoint = service.expect("a server").endpoint().expect("an endpoint");
    let addresses = (endpoint.host.as_str(), endpoint.port).to_socket_addrs();
    addresses.expect("an address").next().expect("an address")
}

/// `mlflow models serve` by itself.
struct Alone {
    child: Child,
    address: SocketAddr,
}

impl Alone {
    fn start(mlflow: &Path, folder: &Path, model: &ExportedOnnx) -> Self {
        let files = ModelDir::write(folder, model).expect("a folder");
        let [port] = zen_tests::stores::free_ports();
        let bin = mlflow.parent().expect("a folder");
        let mut paths = vec![bin.to_owned()];
        paths.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let child = Command::new(mlflow)
            .args([
                "models",
                "serve",
                "--env-manager",
                "local",
                "-h",
                "127.0.0.1",
                "-p",
            ])
            .arg(port.to_string())
            .arg("-m")
            .arg(files.path())
            .env("PATH", std::env::join_paths(paths).expect("paths"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let address: SocketAddr = ([127, 0, 0, 1], port).into();
        let mut alone = Self { child, address };
        while std::net::TcpStream::connect(address).is_err() {
            let ended = alone.child.try_wait().expect("a child");
            assert!(ended.is_none(), "MLflow's server ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        alone
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // Its own child ends with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
