//! A predictor as a server sees it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::predictor::BoxError;
use super::{Batch, PredictError, Predictor, Row, ServedModel, Tensor, TensorSpec, arrange};

/// A [`Predictor`] as a [`ServedModel`].
pub struct Typed<P: Predictor> {
    model: Arc<P>,
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
    /// The model asks for more than the type does, so that rows have to be compared.
    narrower: bool,
}

impl<P: Predictor> Typed<P> {
    /// This model.
    pub fn new(model: Arc<P>) -> Self {
        let (inputs, outputs) = (model.inputs(), model.outputs());
        let shapes = |specs: &[TensorSpec]| specs.iter().map(|spec| spec.shape.clone()).collect::<Vec<_>>();
        let narrower = shapes(&inputs) != shapes(&P::Input::specs("input"));
        Self {
            model,
            inputs,
            outputs,
            narrower,
        }
    }

    fn batch(&self, rows: Vec<P::Input>) -> Result<Batch, PredictError> {
        if self.narrower {
            let checked = rows.iter().try_for_each(|row| row.check(&self.inputs));
            checked.map_err(PredictError::input)?;
        }
        Ok(Batch::new(rows.len(), rows))
    }

    fn outputs_of(batch: &Batch) -> Result<&Vec<P::Output>, PredictError> {
        batch
            .value()
            .ok_or_else(|| PredictError::model("a batch of another model"))
    }

    fn preprocess(&self, batch: Batch) -> Result<Vec<P::Input>, PredictError> {
        let rows: Vec<P::Input> = batch
            .into_value()
            .ok_or_else(|| PredictError::model("a batch of another model"))?;
        let rows = rows.into_iter().map(|row| self.model.preprocess(row));
        caught(|| rows.collect())
    }

    fn run(&self, rows: &[P::Input]) -> Result<Vec<P::Output>, PredictError> {
        let outputs = caught(|| self.model.predict(rows))?;
        if outputs.len() != rows.len() {
            return Err(PredictError::model(format!(
                "the model made {} predictions of {} rows",
                outputs.len(),
                rows.len()
            )));
        }
        let outputs = outputs.into_iter().map(|output| self.model.postprocess(output));
        caught(|| outputs.collect())
    }
}

/// Calls the model's own code. A panic is an error as any other, so that of several batches only the one that causes it fails.
fn caught<T>(code: impl FnOnce() -> Result<T, BoxError>) -> Result<T, PredictError> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(result) => result.map_err(PredictError::of),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            let text: String = text.unwrap_or("no message").chars().take(500).collect();
            Err(PredictError::Model(format!("the model panicked: {text}")))
        }
    }
}

impl<P: Predictor> fmt::Debug for Typed<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed<{}>", std::any::type_name::<P>())
    }
}

impl<P: Predictor> ServedModel for Typed<P> {
    fn platform(&self) -> &str {
        "zen"
    }

    fn inputs(&self) -> Vec<TensorSpec> {
        self.inputs.clone()
    }

    fn outputs(&self) -> Vec<TensorSpec> {
        self.outputs.clone()
    }

    fn inline(&self) -> bool {
        P::INLINE
    }

    fn warm_up(&self) -> Result<(), PredictError> {
        self.model.warm_up().map_err(PredictError::of)
    }

    fn read_json(&self, rows: &[u8]) -> Result<Batch, PredictError> {
        let rows: Vec<P::Input> = serde_json::from_slice(rows).map_err(PredictError::input)?;
        self.batch(rows)
    }

    fn read_tensors(&self, tensors: Vec<Tensor>) -> Result<Batch, PredictError> {
        let tensors = arrange(tensors, &self.inputs)?;
        let rows = P::Input::read(&tensors).map_err(PredictError::input)?;
        Ok(Batch::new(rows.len(), rows))
    }

    fn predict(&self, batches: Vec<Batch>) -> Vec<Result<Batch, PredictError>> {
        let prepared: Vec<_> = batches.into_iter().map(|batch| self.preprocess(batch)).collect();
        let good = prepared.iter().filter(|rows| rows.is_ok()).count();
        if good > 1 {
            // One call for all of them; when it fails, each is tried alone, so that one request's rows can't fail another's.
            let sizes: Vec<_> = prepared
                .iter()
                .map(|rows| rows.as_ref().map_or(0, Vec::len))
                .collect();
            let mut all = Vec::with_capacity(sizes.iter().sum());
            let mut failed = Vec::new();
            for (place, rows) in prepared.into_iter().enumerate() {
                match rows {
                    Ok(rows) => all.extend(rows),
                    Err(error) => failed.push((place, error)),
                }
            }
            let mut failed = failed.into_iter().peekable();
            let whole = self.run(&all);
            let mut whole = whole.ok().map(Vec::into_iter);
            let mut start = 0;
            let mut results = Vec::with_capacity(sizes.len());
            for (place, size) in sizes.into_iter().enumerate() {
                if let Some((_, error)) = failed.next_if(|(at, _)| *at == place) {
                    results.push(Err(error));
                    continue;
                }
                let outputs = match &mut whole {
                    Some(outputs) => Ok(outputs.by_ref().take(size).collect()),
                    None => self.run(&all[start..start + size]),
                };
                start += size;
                results.push(outputs.map(|outputs: Vec<P::Output>| Batch::new(outputs.len(), outputs)));
            }
            return results;
        }
        let each = prepared.into_iter().map(|rows| {
            let outputs = self.run(&rows?)?;
            Ok(Batch::new(outputs.len(), outputs))
        });
        each.collect()
    }

    fn write_json(&self, predictions: &Batch) -> Result<Vec<u8>, PredictError> {
        serde_json::to_vec(Self::outputs_of(predictions)?).map_err(PredictError::model)
    }

    fn write_tensors(&self, predictions: &Batch) -> Result<Vec<Tensor>, PredictError> {
        P::Output::write(Self::outputs_of(predictions)?, &self.outputs).map_err(PredictError::model)
    }
}
