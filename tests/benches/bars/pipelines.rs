//! The pipelines that are measured: steps that do next to nothing, so that what is measured is the framework.

use zen_core::prelude::*;

/// The size of a value that is too large to stand in a row.
pub(crate) const BLOB: usize = 64 * 1024;

#[step]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

/// `length` steps, one after the other.
#[pipeline]
pub(crate) fn chain(start: i64, length: usize) -> Artifact<i64> {
    let mut value = add(start, 1);
    for _ in 1..length {
        value = add(value, 1);
    }
    value
}

/// The bytes a chain of blobs begins with: like no others.
pub(crate) fn blob(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let word = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_le_bytes()
    };
    std::iter::repeat_with(word).take(BLOB / 8).flatten().collect()
}

/// The bytes that follow on these.
pub(crate) fn next_blob(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte.wrapping_add(1)).collect()
}

#[step]
fn first(seed: u64) -> Vec<u8> {
    blob(seed)
}

#[step]
fn next(bytes: &[u8]) -> Vec<u8> {
    next_blob(bytes)
}

/// `length` steps that each make 64 KiB of the last one's 64 KiB.
#[pipeline]
pub(crate) fn blobs(seed: u64, length: usize) -> Artifact<Vec<u8>> {
    let mut value = first(seed);
    for _ in 1..length {
        value = next(value);
    }
    value
}

#[step]
fn numbers(start: i64, count: i64) -> Vec<i64> {
    (start..start + count).collect()
}

#[step]
fn nth(numbers: &[i64], index: usize) -> i64 {
    numbers[index] + 1
}

#[step]
fn plus_one(number: i64) -> i64 {
    number + 1
}

#[step]
fn total(numbers: &[i64]) -> i64 {
    numbers.iter().sum()
}

/// 1 -> `width` -> 1, every step of it a node of the graph.
#[pipeline]
pub(crate) fn wide(start: i64, width: usize) -> Artifact<i64> {
    let all = numbers(start, width as i64);
    let mut each = Vec::new();
    for index in 0..width {
        each.push(nth(all, index));
    }
    total(gather(each))
}

/// 1 -> `width` -> 1, one node of which is executed for every element.
#[pipeline]
pub(crate) fn each(start: i64, width: usize) -> Artifact<i64> {
    total(numbers(start, width as i64).each(|number| plus_one(number)))
}
