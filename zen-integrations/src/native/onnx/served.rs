//! An ONNX model as a server sees it.

use std::fmt;
use std::sync::Arc;

use zen_core::serving::{Batch, PredictError, ServedModel, Tensor, TensorSpec, arrange};

use super::plan::Plan;
use super::read_json::read_json;
use super::rows::{join, split};
use super::write_json::write_json;

/// An [`OnnxModel`](super::OnnxModel) as a server sees it. Nothing in it panics: where the engine does, the prediction
/// fails.
pub struct OnnxServed {
    plan: Arc<Plan>,
}

/// The tensors of one request, in the model's order.
struct Inputs(Vec<Tensor>);

/// What was predicted of them, in the model's order.
struct Outputs(Vec<Tensor>);

impl OnnxServed {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self { plan }
    }

    /// Tensors in the model's order that fit it.
    fn batch(&self, tensors: Vec<Tensor>) -> Result<Batch, PredictError> {
        let tensors = arrange(tensors, self.plan.inputs())?;
        let rows = self.plan.check(&tensors)?;
        Ok(Batch::new(rows, Inputs(tensors)))
    }

    fn run(&self, inputs: &[Tensor], rows: usize) -> Result<Batch, PredictError> {
        let outputs = match rows {
            0 => self.nothing()?,
            _ => self.plan.run(inputs)?,
        };
        Ok(Batch::new(rows, Outputs(outputs)))
    }

    /// The predictions of no rows, which need no run: engines don't all know what to do with an empty tensor.
    fn nothing(&self) -> Result<Vec<Tensor>, PredictError> {
        let empty = self.plan.outputs().iter().map(|spec| {
            let sizes = spec.shape.iter().map(|size| usize::try_from(*size).unwrap_or(0));
            Tensor::new(&spec.name, spec.datatype, sizes.collect(), Vec::new())
        });
        empty.collect::<Result<_, _>>().map_err(PredictError::model)
    }

    /// The requests that can share a run, by their places: two or more in each group.
    fn groups(&self, requests: &[Result<Request, PredictError>]) -> Vec<Vec<usize>> {
        let mut groups: Vec<(&Request, Vec<usize>)> = Vec::new();
        for (place, request) in requests.iter().enumerate() {
            let Ok(request) = request else { continue };
            if !self.plan.batched() || request.rows == 0 {
                continue;
            }
            match groups.iter_mut().find(|(first, _)| first.same_shapes(request)) {
                Some((_, places)) => places.push(place),
                None => groups.push((request, vec![place])),
            }
        }
        groups
            .into_iter()
            .map(|(_, places)| places)
            .filter(|places| places.len() > 1)
            .collect()
    }

    /// One run for several requests whose tensors have the same shapes but for the rows; none when that doesn't work, so that
    /// each is to be run alone and one request can't fail another's.
    fn run_together(&self, requests: &[&Request]) -> Option<Vec<Batch>> {
        let rows: Vec<usize> = requests.iter().map(|request| request.rows).collect();
        let all = rows.iter().sum();
        let inputs = (0..self.plan.inputs().len())
            .map(|input| join(requests.iter().filter_map(|request| request.tensors.get(input))));
        let outputs = self.plan.run(&inputs.collect::<Result<Vec<_>, _>>().ok()?).ok()?;
        let mut results: Vec<_> = rows.iter().map(|_| Vec::with_capacity(outputs.len())).collect();
        for output in &outputs {
            if output.shape().first() != Some(&all) {
                return None;
            }
            for (result, part) in results.iter_mut().zip(split(output, &rows).ok()?) {
                result.push(part);
            }
        }
        let results = results.into_iter().zip(rows);
        Some(
            results
                .map(|(tensors, rows)| Batch::new(rows, Outputs(tensors)))
                .collect(),
        )
    }
}

/// One request among several.
struct Request {
    rows: usize,
    tensors: Vec<Tensor>,
}

impl Request {
    fn same_shapes(&self, other: &Self) -> bool {
        let mut pairs = self.tensors.iter().zip(&other.tensors);
        pairs.all(|(one, other)| one.shape().get(1..) == other.shape().get(1..))
    }
}

impl fmt::Debug for OnnxServed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxServed")
            .field("inputs", &self.plan.inputs())
            .field("outputs", &self.plan.outputs())
            .finish()
    }
}

impl ServedModel for OnnxServed {
    fn platform(&self) -> &str {
        "onnx_onnxv1"
    }

    fn inputs(&self) -> Vec<TensorSpec> {
        self.plan.inputs().to_vec()
    }

    fn outputs(&self) -> Vec<TensorSpec> {
        self.plan.outputs().to_vec()
    }

    fn inline(&self) -> bool {
        false
    }

    /// Predicts one row of zeros (or as many rows as the model wants), when all other sizes are known and not huge.
    fn warm_up(&self) -> Result<(), PredictError> {
        let zeros: Option<Vec<Tensor>> = self.plan.inputs().iter().map(zeros).collect();
        match zeros {
            Some(zeros) if self.plan.check(&zeros).is_ok() => self.plan.run(&zeros).map(drop),
            _ => Ok(()),
        }
    }

    /// Rows are arrays (nested as the input's shape is) when the model has one input, and objects of them by the inputs' names when
    /// it has several. Where a row has a single element, it may stand without its brackets.
    fn read_json(&self, rows: &[u8]) -> Result<Batch, PredictError> {
        self.batch(read_json(rows, self.plan.inputs())?)
    }

    fn read_tensors(&self, tensors: Vec<Tensor>) -> Result<Batch, PredictError> {
        self.batch(tensors)
    }

    fn predict(&self, batches: Vec<Batch>) -> Vec<Result<Batch, PredictError>> {
        let requests = batches.into_iter().map(|batch| {
            let rows = batch.rows();
            match batch.into_value::<Inputs>() {
                Some(Inputs(tensors)) => Ok(Request { rows, tensors }),
                None => Err(PredictError::model("a batch of another model")),
            }
        });
        let requests: Vec<_> = requests.collect();
        let mut results: Vec<_> = requests.iter().map(|_| None).collect();
        for group in self.groups(&requests) {
            let members: Vec<_> = group
                .iter()
                .filter_map(|place| requests[*place].as_ref().ok())
                .collect();
            let together = self.run_together(&members).into_iter().flatten();
            for (place, result) in group.into_iter().zip(together) {
                results[place] = Some(Ok(result));
            }
        }
        let each = results
            .into_iter()
            .zip(requests)
            .map(|(done, request)| match done {
                Some(done) => done,
                None => request.and_then(|request| self.run(&request.tensors, request.rows)),
            });
        each.collect()
    }

    /// An array with an element for each row: the output's row, nested as its shape is, when the model has one output; an object
    /// of them by the outputs' names when it has several. Numbers that are not finite become `null`.
    fn write_json(&self, predictions: &Batch) -> Result<Vec<u8>, PredictError> {
        write_json(outputs_of(predictions)?, predictions.rows())
    }

    fn write_tensors(&self, predictions: &Batch) -> Result<Vec<Tensor>, PredictError> {
        Ok(outputs_of(predictions)?.to_vec())
    }
}

fn zeros(spec: &TensorSpec) -> Option<Tensor> {
    const LARGEST: usize = 64 << 20;
    let sizes = spec
        .shape
        .iter()
        .enumerate()
        .map(|(place, size)| match usize::try_from(*size) {
            Ok(size) => Some(size),
            Err(_) => (place == 0).then_some(1),
        });
    let shape: Vec<usize> = sizes.collect::<Option<_>>()?;
    // A byte string of no bytes is its length, 0 in four bytes.
    let element = spec.datatype.size().unwrap_or(4);
    let length = shape
        .iter()
        .try_fold(element, |all, size| all.checked_mul(*size))?;
    let data = (length <= LARGEST).then(|| vec![0; length])?;
    Tensor::new(&spec.name, spec.datatype, shape, data).ok()
}

fn outputs_of(batch: &Batch) -> Result<&[Tensor], PredictError> {
    let outputs = batch
        .value::<Outputs>()
        .map(|Outputs(tensors)| tensors.as_slice());
    outputs.ok_or_else(|| PredictError::model("a batch of another model"))
}
