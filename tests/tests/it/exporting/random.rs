//! Random linear models, and what they compute in plain Rust.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use zen_core::serving::{Datatype, Number, Tensor, TensorSpec};
use zen_integrations::export::{Real, StandardScaler};

use super::tensors::{held, numbers, spec};

/// A type that models compute with.
pub trait Float: Real {
    /// To what its results agree: absolute, and relative for numbers beyond 1.
    const TOLERANCE: f64;

    fn of(value: f64) -> Self;
}

impl Float for f32 {
    const TOLERANCE: f64 = 1e-5;

    fn of(value: f64) -> Self {
        value as f32
    }
}

impl Float for f64 {
    const TOLERANCE: f64 = 1e-12;

    fn of(value: f64) -> Self {
        value
    }
}

/// How features are scaled: not, all alike, or each for itself.
#[derive(Debug, Clone)]
pub enum Scaling {
    None,
    Uniform(f64, f64),
    Each(Vec<(f64, f64)>),
}

/// Inputs, weights, and rows to predict.
#[derive(Debug, Clone)]
pub struct Model {
    pub inputs: Vec<TensorSpec>,
    /// The input that leaves its size open.
    pub open: Option<usize>,
    pub scaling: Scaling,
    pub weights: Vec<Vec<f64>>,
    pub biases: Vec<f64>,
    pub rows: Vec<Vec<f64>>,
}

/// Models of so many weighted sums. All that is added up is at most 20, so that single precision is enough for the tolerance.
pub fn model(sums: impl Strategy<Value = usize>) -> impl Strategy<Value = Model> {
    let kinds = vec![
        Datatype::Fp32,
        Datatype::Fp64,
        Datatype::Bool,
        Datatype::Uint8,
        Datatype::Uint64,
        Datatype::Int8,
        Datatype::Int16,
        Datatype::Int64,
    ];
    let few = vec((proptest::option::of(1..5_usize), select(kinds)), 1..5);
    let one = (1..24_usize).prop_map(|size| vec![(Some(size), Datatype::Fp32)]);
    let inputs = prop_oneof![few, one];
    (inputs, any::<bool>(), sums).prop_flat_map(|(inputs, open, sums)| {
        let features: usize = inputs.iter().map(|(size, _)| size.unwrap_or(1)).sum();
        let vectors = inputs.iter().position(|(size, _)| size.is_some());
        let inputs = inputs.into_iter().enumerate().map(|(place, (size, datatype))| {
            let mut shape = vec![-1];
            shape.extend(size.map(|size| size as i64));
            spec(&format!("input {place}"), datatype, &shape)
        });
        let largest = 2.0 / features as f64;
        let scale = || (-1.0..1.0, prop_oneof![0.5..4.0, -4.0..-0.5]);
        let scaling = prop_oneof![
            Just(Scaling::None),
            scale().prop_map(|(mean, scale)| Scaling::Uniform(mean, scale)),
            vec(scale(), features).prop_map(Scaling::Each),
        ];
        (
            Just(inputs.collect::<Vec<_>>()),
            Just(vectors.filter(|_| open)),
            scaling,
            vec(vec(-largest..largest, features), sums),
            vec(-2.0..2.0, sums),
            vec(vec(-3.0..3.0, features), 0..6),
        )
            .prop_map(|(inputs, open, scaling, weights, biases, rows)| Model {
                inputs,
                open,
                scaling,
                weights,
                biases,
                rows,
            })
    })
}

impl Model {
    /// The inputs as a predictor says them.
    pub fn said(&self) -> Vec<TensorSpec> {
        let mut inputs = self.inputs.clone();
        if let Some(open) = self.open {
            inputs[open].shape = vec![-1, -1];
        }
        inputs
    }

    pub fn weights<T: Float>(&self) -> Vec<Vec<T>> {
        self.weights.iter().map(|row| round(row)).collect()
    }

    pub fn biases<T: Float>(&self) -> Vec<T> {
        round(&self.biases)
    }

    pub fn scaler<T: Float>(&self) -> Option<StandardScaler<T>> {
        match &self.scaling {
            Scaling::None => None,
            Scaling::Uniform(mean, scale) => Some(StandardScaler::uniform(T::of(*mean), T::of(*scale))),
            Scaling::Each(each) => {
                let (means, scales): (Vec<_>, Vec<_>) = each.iter().copied().unzip();
                Some(StandardScaler::new(round::<T>(&means), round::<T>(&scales)))
            }
        }
    }

    /// The type of each feature.
    fn datatypes(&self) -> impl Iterator<Item = Datatype> + '_ {
        let width = |spec: &TensorSpec| spec.shape.get(1).map_or(1, |size| *size as usize);
        self.inputs
            .iter()
            .flat_map(move |spec| std::iter::repeat_n(spec.datatype, width(spec)))
    }

    /// The rows as tensors.
    pub fn tensors(&self) -> Vec<Tensor> {
        let mut first = 0;
        let tensors = self.inputs.iter().map(|spec| {
            let mut shape = vec![self.rows.len()];
            shape.extend(spec.shape.get(1).map(|size| *size as usize));
            let width = shape.get(1).copied().unwrap_or(1);
            let values: Vec<f64> = self
                .rows
                .iter()
                .flat_map(|row| row[first..first + width].to_vec())
                .collect();
            first += width;
            numbers(&spec.name, spec.datatype, &shape, &values)
        });
        tensors.collect()
    }

    /// The weighted sums of each row, of the numbers as the model's type holds them, added up in double precision.
    pub fn sums<T: Float>(&self) -> Vec<Vec<f64>> {
        let number = |value: f64| -> f64 { T::of(value).into() };
        let scaled = |feature: usize, value: f64| match &self.scaling {
            Scaling::None => value,
            Scaling::Uniform(mean, scale) => (value - number(*mean)) / number(*scale),
            Scaling::Each(each) => (value - number(each[feature].0)) / number(each[feature].1),
        };
        let rows = self.rows.iter().map(|row| {
            let values = row.iter().zip(self.datatypes()).enumerate();
            let features: Vec<f64> = values
                .map(|(feature, (value, datatype))| scaled(feature, number(held(datatype, *value))))
                .collect();
            let sum = |(weights, bias): (&Vec<f64>, &f64)| {
                let products = weights.iter().zip(&features);
                number(*bias) + products.map(|(weight, x)| number(*weight) * x).sum::<f64>()
            };
            self.weights.iter().zip(&self.biases).map(sum).collect()
        });
        rows.collect()
    }
}

fn round<T: Float>(values: &[f64]) -> Vec<T> {
    values.iter().map(|value| T::of(*value)).collect()
}

/// The tolerance of an output of this type, of a model that computes with `T`.
pub fn tolerance<T: Float>(datatype: Datatype) -> f64 {
    match datatype == f64::DATATYPE {
        true => T::TOLERANCE,
        false => f32::TOLERANCE,
    }
}
