//! What schedules cost, beside what other crates take for the same.
//!
//! `cargo bench -p zen-tests --bench schedules`. Compare ratios: the times of two machines, or of two days, say little.

mod next_after;

use criterion::{criterion_group, criterion_main};

criterion_group!(schedules, next_after::rows);
criterion_main!(schedules);
