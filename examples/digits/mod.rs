//! Images of handwritten digits, and a model that reads them: shared by the examples `continuous_deployment`, which trains and serves
//! it, and `batch_inference`, which loads it from the store.

mod data;
mod model;
mod softmax;

pub use data::{CLASSES, DARKEST, DATA, Images, PIXELS, Split, importer};
pub use model::{Digits, Prediction, Scaling, accuracy};
pub use softmax::Softmax;

/// The name under which the trained model is published, by which other pipelines find it.
pub const MODEL: &str = "digits_model";
