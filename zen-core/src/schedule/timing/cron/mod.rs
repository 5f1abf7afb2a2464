//! Cron expressions: reading them, saying what is wrong with them, and the engine that finds their times.

mod engine;
mod expression;
pub(super) mod fault;
mod field;
mod names;
mod never;
mod nickname;
mod parse;
mod split;
mod value;

pub(super) use expression::{Days, Expression, Fields};
