//! Images of handwritten digits, and a model that reads them: shared by the examples `continuous_deployment`, which trains and serves
//! it, `continuous_training`, which does so on a schedule, and `batch_inference`, which loads it from the store.

mod data;
mod model;
mod onnx;
mod softmax;
mod training;

pub use data::{CLASSES, DARKEST, DATA, Images, PIXELS, Split, images, importer};
pub use model::{Digits, Prediction, Scaling, accuracy};
pub use softmax::Softmax;
pub use training::{EPOCHS, LR, Normalized, normalizer, trainer};

/// The name under which the trained model is published, by which other pipelines find it.
pub const MODEL: &str = "digits_model";
