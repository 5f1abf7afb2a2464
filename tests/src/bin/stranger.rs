//! A scheduler in a program that has no pipelines: `stranger scheduler ..`, as `timekeeper scheduler ..`. Other programs execute its runs.

use zen_core::prelude::*;
use zen_core::schedule::SchedulerEnd;
use zen_tests::timekeeper::schedulers;

#[zen_core::main]
async fn main() -> Result<SchedulerEnd> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((mode, options)) if mode == schedulers::MODE => schedulers::main(options).await,
        _ => Err("usage: stranger scheduler ..".into()),
    }
}
