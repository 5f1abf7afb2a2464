//! A model that is ready to run.

use std::collections::HashMap;
use std::sync::Arc;

use tract_onnx::Onnx;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::{
    Framework, InferenceModelExt, SymbolScope, TDim, TValue, TractResult, TypedModel, TypedSimplePlan,
};
use tract_onnx::tract_hir::infer::{Factoid, GenericFactoid, InferenceFact, ShapeFactoid};
use tract_onnx::tract_hir::internal::Symbol;
use zen_core::serving::{PredictError, RowError, Tensor, TensorSpec};

use super::check::{Declared, declared};
use super::dimensions::forget_deep_names;
use super::error::OnnxError;
use super::lower::lower;
use super::value::{from_engine, into_engine};
use crate::guard::guarded;

/// Who panics, in errors.
const ENGINE: &str = "the engine";

/// A model that is ready to run.
pub(super) struct Plan {
    runnable: Arc<TypedSimplePlan>,
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
    /// For each input, its dimensions of open size that have to agree with those of the others.
    symbols: Vec<Vec<Option<Symbol>>>,
    /// The first dimension of all inputs and outputs is the same open one.
    batched: bool,
}

impl Plan {
    /// Reads and prepares a model's file.
    pub(super) fn load(bytes: &[u8]) -> Result<Self, OnnxError> {
        let engine = guarded(ENGINE, || Ok::<_, String>(tract_onnx::onnx())).map_err(OnnxError::Prepare)?;
        let mut proto =
            guarded(ENGINE, || engine.proto_model_for_read(&mut &*bytes)).map_err(OnnxError::Malformed)?;
        if let Some(graph) = &mut proto.graph {
            forget_deep_names(graph);
            lower(graph);
        }
        let known = |operator: &str| engine.op_register.0.contains_key(operator);
        let (inputs, outputs) = declared(&proto, known)?;
        let prepare = |engine: &Onnx| guarded(ENGINE, || Self::prepare(engine, &proto, &inputs, &outputs));
        // What a file says of the values inside may contradict what the engine finds out, or name the dimensions otherwise;
        // mostly it can do without, but not always.
        let plan = prepare(&engine)
            .or_else(|first| prepare(&engine.clone().with_ignore_value_info(true)).map_err(|_| first));
        plan.map_err(OnnxError::Prepare)
    }

    fn prepare(
        engine: &Onnx,
        proto: &ModelProto,
        inputs: &[Declared],
        outputs: &[Declared],
    ) -> TractResult<Self> {
        let mut model = engine.model_for_proto_model(proto)?;
        let facts = (0..inputs.len()).map(|input| model.input_fact(input).cloned());
        let facts = named_dimensions(facts.collect::<TractResult<_>>()?, &model.symbols);
        for (input, fact) in facts.iter().enumerate() {
            model.set_input_fact(input, fact.clone())?;
        }
        let model = model.into_optimized()?;
        let symbols: Vec<Vec<_>> = facts
            .iter()
            .map(|fact| fact.shape.dims().map(symbol).collect())
            .collect();
        let batch = symbols
            .first()
            .and_then(|dimensions| dimensions.first().cloned()?);
        let batched = batch.is_some_and(|batch| {
            let first = |dimensions: &Vec<_>| dimensions.first() == Some(&Some(batch.clone()));
            symbols.iter().all(first)
                && firsts(&model).all(|dimension| dimension == Some(TDim::from(batch.clone())))
        });
        let inputs = inputs.iter().zip(&facts).map(|(declared, fact)| {
            let sizes = fact
                .shape
                .dims()
                .map(|size| size.concretize().and_then(|size| size.to_i64().ok()));
            spec(declared, sizes)
        });
        let inputs = inputs.collect();
        let outputs = outputs.iter().enumerate().map(|(place, declared)| {
            let fact = model.output_fact(place)?;
            Ok(spec(declared, fact.shape.iter().map(|size| size.to_i64().ok())))
        });
        Ok(Self {
            inputs,
            outputs: outputs.collect::<TractResult<_>>()?,
            symbols,
            batched,
            runnable: TypedSimplePlan::new(model)?,
        })
    }

    pub(super) fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    pub(super) fn outputs(&self) -> &[TensorSpec] {
        &self.outputs
    }

    /// Whether requests may share a run.
    pub(super) fn batched(&self) -> bool {
        self.batched
    }

    /// Compares tensors, which have the types and the fixed sizes of the inputs, with each other. Answers how many rows they are.
    pub(super) fn check(&self, tensors: &[Tensor]) -> Result<usize, PredictError> {
        let rows = tensors
            .first()
            .and_then(|tensor| tensor.shape().first().copied())
            .unwrap_or(1);
        let mut sizes: HashMap<&Symbol, (usize, &str)> = HashMap::new();
        for (tensor, symbols) in tensors.iter().zip(&self.symbols) {
            for (place, (size, symbol)) in tensor.shape().iter().zip(symbols).enumerate() {
                let Some(symbol) = symbol else { continue };
                let (expected, other) = *sizes.entry(symbol).or_insert((*size, tensor.name()));
                if expected == *size {
                    continue;
                }
                let name = tensor.name().to_owned();
                return Err(PredictError::input(match place {
                    0 => RowError::Rows {
                        name,
                        expected,
                        found: *size,
                    }
                    .to_string(),
                    _ => format!(
                        "tensor `{name}` has the size {size} in dimension {place}, where it must have that of `{other}`, {expected}"
                    ),
                }));
            }
            // Where there are no elements, no bytes bound the sizes, and engines divide by zero.
            if tensor.elements() == 0 && !(self.batched && rows == 0) {
                return Err(PredictError::input(format!(
                    "tensor `{}` has the shape {:?} and so no elements",
                    tensor.name(),
                    tensor.shape()
                )));
            }
            let texts = tensor.strings().map(std::str::from_utf8);
            if texts.into_iter().any(|text| text.is_err()) {
                let name = tensor.name().to_owned();
                return Err(PredictError::input(RowError::Text { name }));
            }
        }
        Ok(rows)
    }

    /// Runs the model, which may fail, with tensors that were checked.
    pub(super) fn run(&self, tensors: &[Tensor]) -> Result<Vec<Tensor>, PredictError> {
        let run = || -> TractResult<Vec<Tensor>> {
            let inputs = tensors.iter().map(|tensor| into_engine(tensor).map(TValue::from));
            let outputs = self.runnable.run(inputs.collect::<TractResult<_>>()?)?;
            let outputs = outputs.iter().zip(&self.outputs);
            outputs
                .map(|(value, spec)| from_engine(&spec.name, spec.datatype, value))
                .collect()
        };
        guarded(ENGINE, run).map_err(|reason| PredictError::model(format!("the ONNX model failed: {reason}")))
    }
}

fn spec(declared: &Declared, sizes: impl Iterator<Item = Option<i64>>) -> TensorSpec {
    TensorSpec {
        name: declared.name.clone(),
        datatype: declared.datatype,
        shape: sizes.map(|size| size.unwrap_or(-1)).collect(),
    }
}

/// Gives dimensions that have no size a name each, as the engine wants it; the first ones of all inputs have the same.
fn named_dimensions(facts: Vec<InferenceFact>, scope: &SymbolScope) -> Vec<InferenceFact> {
    let firsts = facts.iter().filter_map(|fact| symbol(fact.shape.dims().next()?));
    let firsts: Vec<Symbol> = firsts.collect();
    // An open first dimension without a name is the one that has a name elsewhere, when only one has.
    let batch = match firsts.split_first() {
        Some((first, others)) if others.iter().all(|other| other == first) => first.clone(),
        _ => scope.new_with_prefix("batch"),
    };
    let named = facts.into_iter().map(|fact| {
        let dimensions = fact
            .shape
            .dims()
            .enumerate()
            .map(|(place, size)| match (size, place) {
                (GenericFactoid::Only(_), _) => size.clone(),
                (GenericFactoid::Any, 0) => GenericFactoid::Only(TDim::from(batch.clone())),
                (GenericFactoid::Any, _) => GenericFactoid::Only(TDim::from(scope.new_with_prefix("size"))),
            });
        let shape = ShapeFactoid::closed(dimensions.collect());
        fact.with_shape(shape)
    });
    named.collect()
}

fn symbol(size: &GenericFactoid<TDim>) -> Option<Symbol> {
    match size {
        GenericFactoid::Only(TDim::Sym(symbol)) => Some(symbol.clone()),
        _ => None,
    }
}

/// The first dimensions of the outputs.
fn firsts(model: &TypedModel) -> impl Iterator<Item = Option<TDim>> + '_ {
    (0..model.outputs.len()).map(|output| model.output_fact(output).ok()?.shape.iter().next().cloned())
}
