//! An array of 200 MB through five steps that change it, each time in a process of its own, whose peak of memory counts too.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ndarray::Array1;
use zen_core::prelude::*;

use crate::table::Side;

/// 200 MB of 64-bit numbers.
const LENGTH: usize = 25_000_000;

/// The size of the array in bytes.
pub(crate) const BYTES: u64 = 8 * LENGTH as u64;

const CHANGES: usize = 5;

fn make() -> Array1<f64> {
    Array1::from_iter((0..LENGTH).map(|i| i as f64))
}

fn change(array: &mut Array1<f64>) {
    array.mapv_inplace(|x| x * 1.5 + 1.0);
}

#[step]
fn first() -> Array1<f64> {
    make()
}

#[step]
fn next(mut array: Array1<f64>) -> Array1<f64> {
    change(&mut array);
    array
}

#[pipeline]
fn large() -> Artifact<Array1<f64>> {
    let mut array = first();
    for _ in 0..CHANGES {
        array = next(array);
    }
    array
}

/// zen, in a process of its own.
pub(crate) fn zen(home: &Path) {
    let stack = Stack::builder().home(home).build().expect("a stack");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let started = Instant::now();
    let run = runtime.block_on(large().on(&stack).quiet().run());
    let took = started.elapsed();
    assert_eq!(run.expect("a run that succeeds").status(), Status::Completed);
    report(took);
}

/// The same work by hand: hashed while it is written to a file beside, which then gets its name.
pub(crate) fn floor(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    let started = Instant::now();
    let mut array = make();
    write(folder, &array);
    for _ in 0..CHANGES {
        change(&mut array);
        write(folder, &array);
    }
    report(started.elapsed());
}

fn write(folder: &Path, array: &Array1<f64>) {
    const BLOCK: usize = 32 * 1024;
    let partial = folder.join("partial");
    let mut file = File::create(&partial).expect("a file");
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::with_capacity(8 * BLOCK);
    for block in array.as_slice().expect("a contiguous array").chunks(BLOCK) {
        bytes.clear();
        bytes.extend(block.iter().flat_map(|x| x.to_le_bytes()));
        hasher.update(&bytes);
        file.write_all(&bytes).expect("room on the disk");
    }
    fs::rename(&partial, folder.join(hasher.finalize().to_hex().as_str())).expect("a name");
}

fn report(took: Duration) {
    println!("{} {}", took.as_nanos(), peak().unwrap_or(0));
}

/// The most memory that this process has had, in bytes.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(1024 * kilobytes)
}

static PEAKS: Mutex<Vec<(Side, u64)>> = Mutex::new(Vec::new());

/// The largest peak that was seen on this side; none when nothing was measured.
pub(crate) fn largest_peak(side: Side) -> Option<u64> {
    let peaks = PEAKS.lock().unwrap_or_else(PoisonError::into_inner);
    peaks
        .iter()
        .filter(|(of, peak)| *of == side && *peak > 0)
        .map(|(_, peak)| *peak)
        .max()
}

/// One side, measured in a process of its own.
pub(crate) fn measure(side: Side, argument: &str) -> Duration {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .arg(argument)
        .arg(folder.path().join("here"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("its output");
    assert!(child.wait().expect("its end").success(), "{side:?} failed");
    let (took, peak) = line.trim().split_once(' ').expect("a time and a size");
    PEAKS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((side, peak.parse().expect("a size")));
    Duration::from_nanos(took.parse().expect("a time"))
}
