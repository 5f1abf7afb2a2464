//! Rows whose own code panics, or takes long.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use tonic::Code;
use zen_core::prelude::*;
use zen_core::serving::{Row, RowError, Tensor, TensorSpec, Typed};
use zen_integrations::native::grpc::proto::ModelInferRequest;
use zen_integrations::native::grpc::proto::ServerLiveRequest;
use zen_integrations::native::grpc::proto::model_infer_request::InferInputTensor;

use super::{Direct, client, request};

fn rows(datatype: &str, count: usize) -> ModelInferRequest {
    let input = InferInputTensor {
        name: "input".into(),
        datatype: datatype.into(),
        shape: vec![count as i64],
        ..Default::default()
    };
    ModelInferRequest {
        inputs: vec![input],
        raw_input_contents: vec![vec![0; 8 * count].into()],
        ..request()
    }
}

/// A row that can't be written.
#[derive(Clone, Serialize, Deserialize)]
struct Bad(f64);

impl Row for Bad {
    fn specs(name: &str) -> Vec<TensorSpec> {
        f64::specs(name)
    }

    fn read(tensors: &[Tensor]) -> Result<Vec<Self>, RowError> {
        Ok(f64::read(tensors)?.into_iter().map(Self).collect())
    }

    fn write(_: &[Self], _: &[TensorSpec]) -> Result<Vec<Tensor>, RowError> {
        panic!("can't be written");
    }

    fn check(&self, specs: &[TensorSpec]) -> Result<(), RowError> {
        self.0.check(specs)
    }
}

#[derive(Serialize, Deserialize)]
struct Spoils;

#[predictor]
impl Predictor for Spoils {
    type Input = f64;
    type Output = Bad;

    fn predict(&self, batch: &[f64]) -> Result<Vec<Bad>> {
        Ok(batch.iter().copied().map(Bad).collect())
    }
}

#[tokio::test]
async fn a_row_that_panics_is_an_internal_error() {
    let model = Typed::new(std::sync::Arc::new(Spoils));
    let mut client = client(Direct::of(std::sync::Arc::new(model))).await;
    // Read in the connection's task, and apart from it.
    for count in [1, 40_000] {
        let status = client.model_infer(rows("FP64", count)).await.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (Code::Internal, "the model panicked: can't be written")
        );
    }
}

/// How far the reading of [`Slow`] rows is.
#[derive(PartialEq, Eq)]
enum Reading {
    Waited,
    Begun,
    Allowed,
}

static READING: Mutex<Reading> = Mutex::new(Reading::Waited);
static CHANGED: Condvar = Condvar::new();

/// A row that is read when the test allows it.
#[derive(Clone, Serialize, Deserialize)]
struct Slow(f64);

impl Row for Slow {
    fn specs(name: &str) -> Vec<TensorSpec> {
        f64::specs(name)
    }

    fn read(tensors: &[Tensor]) -> Result<Vec<Self>, RowError> {
        let mut reading = READING.lock().unwrap();
        *reading = Reading::Begun;
        let patience = Duration::from_secs(30);
        let waiting = |reading: &mut Reading| *reading != Reading::Allowed;
        let (reading, waited) = CHANGED.wait_timeout_while(reading, patience, waiting).unwrap();
        drop(reading);
        assert!(!waited.timed_out(), "nothing else is answered meanwhile");
        Ok(f64::read(tensors)?.into_iter().map(Self).collect())
    }

    fn write(rows: &[Self], names: &[TensorSpec]) -> Result<Vec<Tensor>, RowError> {
        let rows: Vec<f64> = rows.iter().map(|row| row.0).collect();
        f64::write(&rows, names)
    }

    fn check(&self, specs: &[TensorSpec]) -> Result<(), RowError> {
        self.0.check(specs)
    }
}

#[derive(Serialize, Deserialize)]
struct Same;

#[predictor]
impl Predictor for Same {
    type Input = Slow;
    type Output = f64;

    fn predict(&self, batch: &[Slow]) -> Result<Vec<f64>> {
        Ok(batch.iter().map(|row| row.0).collect())
    }
}

/// The runtime has one thread, which answers the second request while the first is read.
#[tokio::test]
async fn a_large_message_holds_up_no_other() {
    let model = Typed::new(std::sync::Arc::new(Same));
    let client = client(Direct::of(std::sync::Arc::new(model))).await;
    let mut large = client.clone();
    let large = tokio::spawn(async move { large.model_infer(rows("FP64", 40_000)).await });
    while *READING.lock().unwrap() == Reading::Waited {
        tokio::task::yield_now().await;
    }
    let mut other = client;
    assert!(other.server_live(ServerLiveRequest {}).await.is_ok());
    *READING.lock().unwrap() = Reading::Allowed;
    CHANGED.notify_all();
    assert!(large.await.unwrap().is_ok());
}
