//! Works on large values, and says at the end how much memory that took: started by tests.
//!
//! `big file BYTES` takes a file through three steps, `big array BYTES` an array through five, `big stuck` blocks while its output is
//! being encoded, `big bytes BYTES` makes one value. The stack is that of `ZEN_HOME`.

use std::io::{Read, Write};

use ndarray::Array1;
use zen_core::artifact::{Codec, CodecError, CodecInfo};
use zen_core::prelude::*;

const BLOCK: usize = 1 << 20;

/// Blocks that differ, without a random number for every byte: this program may be built without optimisation.
fn blocks(bytes: u64) -> impl Iterator<Item = Vec<u8>> {
    let pattern: Vec<u8> = (0..BLOCK as u64)
        .map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
        .collect();
    (0..bytes.div_ceil(BLOCK as u64)).map(move |number| {
        let left = bytes - number * BLOCK as u64;
        let mut block = pattern[..BLOCK.min(left as usize)].to_vec();
        for (byte, of) in block.iter_mut().zip(number.to_le_bytes()) {
            *byte = of;
        }
        block
    })
}

#[step]
fn make(ctx: &StepContext, bytes: u64) -> Result<FileArtifact> {
    let path = ctx.scratch()?.join("data.bin");
    let mut file = std::fs::File::create(&path)?;
    for block in blocks(bytes) {
        file.write_all(&block)?;
    }
    Ok(FileArtifact::from_path(path)?)
}

#[step]
fn change(ctx: &StepContext, data: &FileArtifact) -> Result<FileArtifact> {
    let path = ctx.scratch()?.join("changed.bin");
    let mut file = std::fs::File::create(&path)?;
    let mut reader = data.open()?;
    let mut block = vec![0; BLOCK];
    loop {
        let read = reader.read(&mut block)?;
        if read == 0 {
            return Ok(FileArtifact::from_path(path)?);
        }
        block[0] ^= 1;
        file.write_all(&block[..read])?;
    }
}

#[step]
fn count(data: &FileArtifact) -> Result<u64> {
    let mut reader = data.open()?;
    let mut block = vec![0; BLOCK];
    let mut all = 0;
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(all),
            read => all += read as u64,
        }
    }
}

#[pipeline]
fn file(bytes: u64) -> Artifact<u64> {
    count(change(make(bytes)))
}

#[step]
fn first(length: usize) -> Array1<f64> {
    Array1::from_elem(length, 1.0)
}

#[step]
fn next(array: &Array1<f64>, add: f64) -> Array1<f64> {
    // Without the arithmetic of a build without optimisation: what matters is that there are two arrays.
    let mut array = array.clone();
    array[0] += add;
    array
}

#[pipeline]
fn array(length: usize) -> Artifact<Array1<f64>> {
    let mut array = first(length);
    for add in 1..=5 {
        array = next(array, f64::from(add));
    }
    array
}

/// Encoded half, and then never more.
struct Stuck;

struct StuckCodec;

impl Codec<Stuck> for StuckCodec {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "stuck",
            version: 1,
            media_type: "application/octet-stream",
        }
    }

    fn encode(&self, _: &Stuck, out: &mut dyn Write) -> Result<(), CodecError> {
        for block in blocks(32 << 20) {
            out.write_all(&block)?;
        }
        println!("stuck");
        loop {
            std::thread::park();
        }
    }

    fn decode(&self, _: &[u8], _: u32) -> Result<Stuck, CodecError> {
        Ok(Stuck)
    }
}

impl Materialize for Stuck {
    fn codecs() -> Vec<std::sync::Arc<dyn Codec<Self>>> {
        vec![std::sync::Arc::new(StuckCodec)]
    }
}

#[step]
fn half() -> Stuck {
    Stuck
}

#[pipeline]
fn stuck() -> Artifact<Stuck> {
    half()
}

#[step]
fn fill(bytes: u64) -> Vec<u8> {
    blocks(bytes).flatten().collect()
}

#[pipeline]
fn bytes(length: u64) -> Artifact<Vec<u8>> {
    fill(length)
}

/// The most memory that this process has had, in bytes; 0 where the system doesn't say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    1024 * kilobytes.unwrap_or_default()
}

#[zen_core::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = arguments
        .get(1)
        .map(|size| size.parse::<u64>())
        .transpose()?
        .unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("file") => {
            let run = file(size).quiet().run().await?;
            assert_eq!(*run.output().await?, size);
        }
        Some("array") => {
            let run = array(size as usize / 8).quiet().run().await?;
            assert_eq!(run.output().await?[0], 16.0);
        }
        Some("stuck") => drop(stuck().quiet().run().await?),
        Some("bytes") => drop(bytes(size).quiet().run().await?),
        other => return Err(format!("what is {other:?}?").into()),
    }
    println!("{}", peak());
    Ok(())
}
