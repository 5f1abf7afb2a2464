//! The models that are served in the tests.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};

use zen_core::prelude::*;

/// `2 x + 1`, in threads of its own.
#[derive(Serialize, Deserialize)]
pub struct Line;

#[predictor]
impl Predictor for Line {
    type Input = f64;
    type Output = f64;

    fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> {
        Ok(batch.iter().map(|x| 2.0 * x + 1.0).collect())
    }
}

/// The same, inline; it doesn't like 13 and 14.
#[derive(Serialize, Deserialize)]
pub struct Quick;

#[predictor]
impl Predictor for Quick {
    type Input = f64;
    type Output = f64;
    const INLINE: bool = true;

    fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> {
        assert!(!batch.contains(&13.0), "thirteen");
        if batch.contains(&14.0) {
            return Err("fourteen".into());
        }
        Ok(batch.iter().map(|x| 2.0 * x + 1.0).collect())
    }
}

/// What a test sees of a [`Steered`] model, and does to it.
#[derive(Debug, Default)]
pub struct Wheel {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The rows that don't come back.
    held: BTreeSet<i64>,
    /// The batches that were begun.
    begun: Vec<Vec<i64>>,
}

impl Wheel {
    /// From now on, batches that have this row don't end.
    pub fn hold(&self, row: i64) {
        self.state.lock().unwrap().held.insert(row);
    }

    /// Lets them end.
    pub fn release(&self, row: i64) {
        self.state.lock().unwrap().held.remove(&row);
        self.changed.notify_all();
    }

    /// The batches that were begun.
    pub fn begun(&self) -> Vec<Vec<i64>> {
        self.state.lock().unwrap().begun.clone()
    }

    /// Waits until a batch with this row was begun.
    pub fn wait_for(&self, row: i64) {
        crate::support::eventually("the batch begins", || {
            self.begun().iter().any(|batch| batch.contains(&row))
        });
    }

    fn run(&self, batch: &[i64]) {
        let mut state = self.state.lock().unwrap();
        state.begun.push(batch.to_vec());
        while batch.iter().any(|row| state.held.contains(row)) {
            state = self.changed.wait(state).unwrap();
        }
    }
}

/// Adds one. 13 makes it panic, 14 fail, and 15 is refused; a [`Wheel`] holds it.
#[derive(Default, Serialize, Deserialize)]
pub struct Steered {
    #[serde(skip)]
    pub wheel: Arc<Wheel>,
}

#[predictor]
impl Predictor for Steered {
    type Input = i64;
    type Output = i64;

    fn predict(&self, batch: &[i64]) -> Result<Vec<i64>> {
        self.wheel.run(batch);
        assert!(!batch.contains(&13), "thirteen");
        if batch.contains(&14) {
            return Err("fourteen".into());
        }
        Ok(batch.iter().map(|x| x + 1).collect())
    }

    fn preprocess(&self, row: i64) -> Result<i64> {
        match row {
            15 => Err(PredictError::input("fifteen").into()),
            row => Ok(row),
        }
    }
}
