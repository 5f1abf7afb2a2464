use zen_core::prelude::*;

#[derive(Clone, Copy, Metric)]
struct Accuracy(f64);

#[derive(Clone, Copy, Metric)]
#[metric(higher_is_better)]
struct Count(usize);

#[derive(Clone, Copy, Metric)]
#[metric(higher_is_beter)]
struct Misspelt(f64);

#[derive(Clone, Copy, Metric)]
#[metric(higher_is_better, lower_is_better)]
struct Both(f64);

fn main() {}
