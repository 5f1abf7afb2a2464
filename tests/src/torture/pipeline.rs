//! The pipelines that are killed: chains, fan-out (also nested), branches, retries, files, processes of their own, small and large values.

use std::time::Duration;

use serde_bytes::ByteBuf;
use zen_core::prelude::*;

use super::journal;

/// Notes the beginning of a step, does as if it worked, and notes the end.
fn work<T>(ctx: &StepContext, at: &str, millis: u64, body: impl FnOnce() -> Result<T>) -> Result<T> {
    journal::note(at, false, ctx.step_name())?;
    std::thread::sleep(Duration::from_millis(millis));
    let made = body()?;
    journal::note(at, true, ctx.step_name())?;
    Ok(made)
}

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[step(cache = false, ignore(journal))]
fn seed(ctx: &StepContext, journal: &str, salt: &[u8]) -> Result<Vec<u64>> {
    work(ctx, journal, 1, || {
        let sum: u64 = salt.iter().map(|byte| u64::from(*byte)).sum();
        Ok((0..8).map(|i| mix(i, sum)).collect())
    })
}

/// An object of about 32 kB.
#[step(cache = false, ignore(journal))]
fn grow(ctx: &StepContext, journal: &str, x: u64) -> Result<Vec<u64>> {
    work(ctx, journal, 2, || {
        ctx.log(format!("growing {x}"));
        Ok((0..4000).map(|i| mix(i, x)).collect())
    })
}

/// Fails the first time.
#[step(cache = false, ignore(journal), retry(max = 3, delay = "1ms"))]
fn shrink(ctx: &StepContext, journal: &str, values: &[u64]) -> Result<u64> {
    work(ctx, journal, 1, || match ctx.attempt() {
        1 => Err("the first attempt never works".into()),
        _ => Ok(values.iter().fold(0, |sum, value| mix(sum, *value))),
    })
}

#[step(cache = false, ignore(journal))]
fn rows(ctx: &StepContext, journal: &str, count: u64) -> Result<Vec<Vec<u64>>> {
    work(ctx, journal, 1, || {
        Ok((1..=count).map(|i| (0..i + 1).collect()).collect())
    })
}

/// Taken from the cache in a run that continues nothing.
#[step(ignore(journal))]
fn cell(ctx: &StepContext, journal: &str, x: u64) -> Result<u64> {
    work(ctx, journal, 1, || Ok(mix(x, 3)))
}

/// A large object.
#[step(cache = false, ignore(journal))]
fn blob(ctx: &StepContext, journal: &str, from: u64, megabytes: u64) -> Result<ByteBuf> {
    work(ctx, journal, 1, || {
        let piece: Vec<u8> = (0..4096).map(|i| (mix(from, i) >> 32) as u8).collect();
        Ok(ByteBuf::from(piece.repeat(256 * megabytes as usize)))
    })
}

#[step(cache = false, ignore(journal))]
fn measure(ctx: &StepContext, journal: &str, bytes: &ByteBuf) -> Result<u64> {
    work(ctx, journal, 1, || {
        let sum = bytes.chunks(4096).map(|piece| u64::from(piece[7])).sum();
        Ok(sum)
    })
}

/// By way of a file.
#[step(cache = false, ignore(journal))]
fn file(ctx: &StepContext, journal: &str, x: u64) -> Result<String> {
    work(ctx, journal, 1, || {
        let path = ctx.scratch()?.join("note.txt");
        std::fs::write(&path, format!("{x} was here"))?;
        Ok(std::fs::read_to_string(path)?)
    })
}

#[step(cache = false, ignore(journal), isolation = process)]
fn apart(ctx: &StepContext, journal: &str, values: &[u64], x: u64) -> Result<Vec<u64>> {
    work(ctx, journal, 3, || {
        std::fs::write(ctx.scratch()?.join("apart"), "text")?;
        ctx.log("in a process of its own");
        Ok(values.iter().map(|value| mix(*value, x)).collect())
    })
}

#[step(cache = false, ignore(journal))]
fn is_odd(ctx: &StepContext, journal: &str, x: u64) -> Result<bool> {
    work(ctx, journal, 1, || Ok(x % 2 == 1))
}

#[step(cache = false, ignore(journal))]
fn link(ctx: &StepContext, journal: &str, parts: &[u64], before: u64) -> Result<u64> {
    work(ctx, journal, 1, || {
        ctx.log_metric("before", (before % 1000) as f64)?;
        Ok(parts.iter().fold(before, |sum, part| mix(sum, *part)))
    })
}

#[step(cache = false, ignore(journal))]
fn summary(
    ctx: &StepContext,
    journal: &str,
    cells: &[Vec<u64>],
    words: &[String],
    last: u64,
) -> Result<String> {
    work(ctx, journal, 1, || {
        let cells = cells.iter().flatten().fold(last, |sum, cell| mix(sum, *cell));
        Ok(format!("{cells:x} {}", words.join(", ")))
    })
}

/// About seventy steps.
#[pipeline]
pub fn torture(
    journal: String,
    salt: Vec<u8>,
) -> (Artifact<String>, Artifact<Vec<u64>>, Artifact<Option<u64>>) {
    let seeds = seed(journal.as_str(), salt);
    let grown = seeds.each(|x| grow(journal.as_str(), x));
    let parts = grown.each(|values| shrink(journal.as_str(), values));
    let cells = rows(journal.as_str(), 4).each(|row| row.each(|x| cell(journal.as_str(), x)));
    let mut sum = link(journal.as_str(), parts, 1);
    for _ in 0..10 {
        sum = link(journal.as_str(), parts, sum);
    }
    let mut sizes = Vec::new();
    for megabytes in 1..=4 {
        sizes.push(measure(
            journal.as_str(),
            blob(journal.as_str(), megabytes, megabytes),
        ));
    }
    let mut apart_from = seeds;
    for x in 0..3 {
        apart_from = apart(journal.as_str(), apart_from, x);
    }
    let sizes = gather(sizes);
    let words = seeds.each(|x| file(journal.as_str(), x));
    let total = link(journal.as_str(), sizes, sum);
    let sometimes = when(is_odd(journal.as_str(), total), || {
        link(journal.as_str(), apart_from, total)
    });
    let text = summary(journal.as_str(), cells, words, total);
    (text, apart_from, sometimes)
}

/// A smaller one, which another program runs over the same store.
#[pipeline]
pub fn beside(journal: String) -> Artifact<u64> {
    let seeds = seed(journal.as_str(), vec![1, 2, 3]);
    let parts = seeds.each(|x| shrink(journal.as_str(), grow(journal.as_str(), x)));
    let size = measure(journal.as_str(), blob(journal.as_str(), 9, 2));
    let seen = apart(journal.as_str(), parts, 5);
    link(journal.as_str(), seen, size)
}
