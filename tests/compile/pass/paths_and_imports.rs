//! Steps called by path, imported under another name, and in a module of their own name.

use zen_core::prelude::*;

mod steps {
    use zen_core::prelude::*;

    #[step]
    pub fn importer() -> Vec<f64> {
        vec![1.0]
    }

    #[step]
    pub(crate) fn total(values: &[f64]) -> f64 {
        values.iter().sum()
    }

    pub mod deep {
        use zen_core::prelude::*;

        #[step]
        pub(in crate::steps) fn hidden(x: f64) -> f64 {
            x
        }

        #[step]
        pub(super) fn shown(x: f64) -> f64 {
            hidden(x)
        }

        #[pipeline]
        pub fn both(x: f64) -> Artifact<f64> {
            hidden(self::shown(x))
        }
    }

    #[pipeline]
    pub fn inside() -> Artifact<f64> {
        deep::shown(deep::hidden(1.0))
    }
}

mod trainer {
    use zen_core::prelude::*;

    #[step]
    pub fn trainer(values: &[f64], rate: f64) -> f64 {
        values.len() as f64 * rate
    }
}

use steps::total as sum;
use steps::{deep, importer};

#[pipeline]
fn all() -> (Artifact<f64>, Artifact<f64>, Artifact<f64>) {
    let values = importer();
    let again = crate::steps::importer();
    let model = trainer::trainer(values, 0.5);
    let inner = steps::inside();
    (sum(again), model, deep::both(2.0).after(&inner))
}

fn main() {
    let graph = all();
    assert_eq!(graph.graph().unwrap().nodes().len(), 8);
}
