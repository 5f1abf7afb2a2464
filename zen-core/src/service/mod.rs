//! Services: long-running processes outside any run.

mod stage;
mod token;

pub use stage::Stage;
pub use token::{Token, TokenError, TokenSource};
