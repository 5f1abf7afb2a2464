//! MLflow's model as the server in front sees it: rows and tensors become MLflow's payloads, and its answers predictions.

mod answer;
mod cells;
mod checked;
mod failure;
mod form;
mod marks;
mod payload;

use std::fmt;

use serde_json::Value;
use tokio::runtime::Handle;
use zen_core::serving::{Batch, PredictError, ServedModel, Tensor, TensorSpec};

use self::failure::Failure;
use self::form::Form;
use super::upstream::Upstream;
use crate::mlflow::{Fields, Signature};

/// MLflow's model, behind its server.
pub(super) struct Served {
    upstream: Upstream,
    runtime: Handle,
    form: Form,
    outputs: Option<Fields>,
}

/// The rows of a request, as the form of the model's inputs has them.
struct Rows(Vec<Value>);

/// The predictions of a request: one a row.
struct Predictions(Vec<Value>);

impl Served {
    /// The model behind this server. It is asked in threads that are none of this runtime's.
    pub(super) fn new(upstream: Upstream, runtime: Handle, signature: &Signature) -> Self {
        Self {
            upstream,
            runtime,
            form: Form::of(signature.inputs.as_ref()),
            outputs: signature.outputs.clone(),
        }
    }

    /// One call for these rows.
    fn ask(&self, rows: &[&Value]) -> Result<Vec<Value>, Failure> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let payload = payload::write(&self.form, rows);
        let asked = self.runtime.block_on(self.upstream.invoke(payload.into()));
        let (status, body) = asked.map_err(Failure::of)?;
        if status != 200 {
            return Err(Failure::refused(status, &body));
        }
        answer::read(&body, rows.len(), self.outputs.as_ref()).map_err(Failure::model)
    }

    /// The predictions of several requests by one call; when that fails and it may be one of them, each is tried alone.
    fn ask_together(&self, requests: &[Vec<Value>]) -> Vec<Result<Vec<Value>, PredictError>> {
        if requests.len() > 1 && !form::are_alike(requests.iter().flatten()) {
            // One's columns would become another's.
            return requests
                .iter()
                .flat_map(|request| self.ask_together(std::slice::from_ref(request)))
                .collect();
        }
        let all: Vec<&Value> = requests.iter().flatten().collect();
        match self.ask(&all) {
            Ok(predictions) => {
                let mut predictions = predictions.into_iter();
                let parts = requests
                    .iter()
                    .map(|rows| Ok(predictions.by_ref().take(rows.len()).collect()));
                parts.collect()
            }
            Err(failure) if requests.len() > 1 && failure.may_be_of_one => {
                let alone = requests.iter().map(|rows| {
                    let rows: Vec<&Value> = rows.iter().collect();
                    self.ask(&rows).map_err(|failure| failure.error)
                });
                alone.collect()
            }
            Err(failure) => requests.iter().map(|_| Err(failure.again())).collect(),
        }
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served")
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

impl ServedModel for Served {
    fn platform(&self) -> &str {
        "mlflow"
    }

    fn inputs(&self) -> Vec<TensorSpec> {
        self.form.specs()
    }

    fn outputs(&self) -> Vec<TensorSpec> {
        self.outputs.as_ref().map(Fields::specs).unwrap_or_default()
    }

    fn inline(&self) -> bool {
        false
    }

    /// Predicts a row of zeros, so that Python has done what it does only once. A model may well refuse it.
    fn warm_up(&self) -> Result<(), PredictError> {
        if let Some(row) = self.form.zeros()
            && let Err(failure) = self.ask(&[&row])
        {
            tracing::info!("a row of zeros can't be predicted: {}", failure.error);
        }
        Ok(())
    }

    /// Rows are values or arrays when the model has one input, and objects of them by the inputs' names when it has several. A model without a signature
    /// takes either.
    fn read_json(&self, rows: &[u8]) -> Result<Batch, PredictError> {
        let rows: Vec<Value> = serde_json::from_slice(rows).map_err(PredictError::input)?;
        let rows = rows
            .into_iter()
            .enumerate()
            .map(|(place, row)| self.form.row(place, row));
        let rows: Vec<Value> = rows.collect::<Result<_, _>>()?;
        Ok(Batch::new(rows.len(), Rows(rows)))
    }

    fn read_tensors(&self, tensors: Vec<Tensor>) -> Result<Batch, PredictError> {
        let rows = self.form.rows_of(tensors)?;
        Ok(Batch::new(rows.len(), Rows(rows)))
    }

    fn predict(&self, batches: Vec<Batch>) -> Vec<Result<Batch, PredictError>> {
        let count = batches.len();
        let requests = batches
            .into_iter()
            .map(|batch| batch.into_value::<Rows>().map(|Rows(rows)| rows));
        let Some(requests) = requests.collect::<Option<Vec<_>>>() else {
            let wrong = || Err(PredictError::model("a batch of another model"));
            return (0..count).map(|_| wrong()).collect();
        };
        let results = self.ask_together(&requests).into_iter();
        let batches = results.map(|result| result.map(|rows| Batch::new(rows.len(), Predictions(rows))));
        batches.collect()
    }

    /// An array with an element for each row. Numbers that are not finite become `null`.
    fn write_json(&self, predictions: &Batch) -> Result<Vec<u8>, PredictError> {
        let rows = rows_of(predictions)?;
        marks::write_null(rows).map_err(PredictError::model)
    }

    fn write_tensors(&self, predictions: &Batch) -> Result<Vec<Tensor>, PredictError> {
        answer::tensors(rows_of(predictions)?, self.outputs.as_ref()).map_err(PredictError::Model)
    }
}

fn rows_of(batch: &Batch) -> Result<&[Value], PredictError> {
    let rows = batch
        .value::<Predictions>()
        .map(|Predictions(rows)| rows.as_slice());
    rows.ok_or_else(|| PredictError::model("a batch of another model"))
}
