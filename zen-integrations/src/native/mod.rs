//! The native prediction server: this program's own executable, serving a model.

mod refusal;

pub use refusal::Refusal;
