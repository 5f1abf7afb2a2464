//! The rows of the table.

use std::time::{Duration, Instant};

use zen_core::graph::{Pipeline, PipelineOutput};

use crate::floor::{Floor, Mark, Recording};
use crate::home::{Home, fresh};
use crate::pipelines;
use crate::process::{Hello, LARGE_FLOOR, LARGE_ZEN};
use crate::{blobs, large, process, table};

/// Something to be measured.
pub(crate) struct Row {
    /// Its name.
    pub(crate) name: &'static str,
    /// What its bar in the design says.
    pub(crate) bar: &'static str,
    /// By how many steps the times are divided.
    pub(crate) per: usize,
    /// How many samples make a good median.
    pub(crate) samples: usize,
    /// Whether criterion measures it too.
    pub(crate) short: bool,
    kind: Kind,
}

/// What a row does.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Chain { length: usize, power: bool },
    Blobs { power: bool },
    Cached { length: usize },
    Wide,
    Each,
    Hello { cached: bool },
    Isolated { length: usize },
    Large,
    Build { length: usize },
}

/// One sample, ready to be taken: zen has been measured, and the floor follows when it is asked for.
pub(crate) struct Sample {
    zen: Duration,
    floor: Option<Box<dyn FnOnce() -> Duration>>,
}

impl Sample {
    /// Both times.
    pub(crate) fn both(self) -> (Duration, Option<Duration>) {
        (self.zen, self.floor.map(|floor| floor()))
    }

    /// One of them.
    pub(crate) fn on(self, side: table::Side) -> Duration {
        match (side, self.floor) {
            (table::Side::Floor, Some(floor)) => floor(),
            _ => self.zen,
        }
    }
}

/// All rows.
pub(crate) fn all() -> Vec<Row> {
    let row = |name, bar, per, samples, kind| Row {
        name,
        bar,
        per,
        samples,
        short: samples > 10,
        kind,
    };
    vec![
        row(
            "chain of 100",
            "3x",
            100,
            41,
            Kind::Chain {
                length: 100,
                power: false,
            },
        ),
        row(
            "chain of 100, surviving power loss",
            "3x",
            100,
            41,
            Kind::Chain {
                length: 100,
                power: true,
            },
        ),
        row(
            "chain of 100, 64 KiB objects",
            "3x",
            100,
            41,
            Kind::Blobs { power: false },
        ),
        row(
            "chain of 100, 64 KiB objects, surviving power loss",
            "3x",
            100,
            11,
            Kind::Blobs { power: true },
        ),
        row(
            "chain of 100, cached",
            "2x",
            100,
            41,
            Kind::Cached { length: 100 },
        ),
        row("1 -> 200 -> 1, loop and gather", "25 ms", 1, 41, Kind::Wide),
        row("1 -> 200 -> 1, each", "25 ms", 1, 41, Kind::Each),
        row(
            "hello, whole process, cached",
            "30 ms",
            1,
            41,
            Kind::Hello { cached: true },
        ),
        row(
            "hello, whole process, executed",
            "30 ms",
            1,
            41,
            Kind::Hello { cached: false },
        ),
        row(
            "a step in a process of its own",
            "15 ms",
            10,
            21,
            Kind::Isolated { length: 10 },
        ),
        row("200 MB array, changed by 5 steps", "1.5x", 1, 7, Kind::Large),
        row("graph of 100", "linear", 100, 10, Kind::Build { length: 100 }),
        row(
            "graph of 1,000",
            "linear",
            1_000,
            10,
            Kind::Build { length: 1_000 },
        ),
        row(
            "graph of 10,000",
            "linear",
            10_000,
            5,
            Kind::Build { length: 10_000 },
        ),
        row(
            "chain of 1,000",
            "linear",
            1_000,
            9,
            Kind::Chain {
                length: 1_000,
                power: false,
            },
        ),
        row(
            "chain of 10,000",
            "2 s: 0.2 ms",
            10_000,
            5,
            Kind::Chain {
                length: 10_000,
                power: false,
            },
        ),
        row(
            "chain of 10,000, cached",
            "linear",
            10_000,
            3,
            Kind::Cached { length: 10_000 },
        ),
    ]
}

impl Row {
    /// Measures zen once, and prepares to measure the floor.
    pub(crate) fn sample(&self) -> Sample {
        match self.kind {
            Kind::Chain { length, power } => recorded(
                power,
                false,
                |start| pipelines::chain(start, length),
                fresh(),
                |_| no_work(),
            ),
            Kind::Cached { length } => recorded(
                false,
                true,
                |start| pipelines::chain(start, length),
                0,
                |_| no_work(),
            ),
            Kind::Blobs { power } => {
                let seed = fresh();
                let build = |seed: i64| pipelines::blobs(seed.cast_unsigned(), 100);
                recorded(power, false, build, seed, move |home| {
                    let folder = home.beside("objects");
                    let mut bytes = Vec::new();
                    Box::new(move |step| {
                        bytes = match step {
                            0 => pipelines::blob(seed.cast_unsigned()),
                            _ => pipelines::next_blob(&bytes),
                        };
                        blobs::write(&folder, &bytes, power);
                    })
                })
            }
            Kind::Wide => recorded(
                false,
                false,
                |start| pipelines::wide(start, 200),
                fresh(),
                |_| no_work(),
            ),
            Kind::Each => recorded(
                false,
                false,
                |start| pipelines::each(start, 200),
                fresh(),
                |_| no_work(),
            ),
            Kind::Hello { cached } => {
                let (zen, floor) = Hello::new(cached).sample();
                Sample {
                    zen,
                    floor: Some(floor),
                }
            }
            Kind::Isolated { length } => {
                let home = Home::new(false);
                home.run_isolated(pipelines::chain(fresh(), length));
                let started = Instant::now();
                home.run_isolated(pipelines::chain(fresh(), length));
                Sample {
                    zen: started.elapsed(),
                    floor: Some(Box::new(move || process::nothing(length))),
                }
            }
            Kind::Large => Sample {
                zen: large::measure(table::Side::Zen, LARGE_ZEN),
                floor: Some(Box::new(|| large::measure(table::Side::Floor, LARGE_FLOOR))),
            },
            Kind::Build { length } => {
                let started = Instant::now();
                let pipeline = pipelines::chain(fresh(), length);
                let zen = started.elapsed();
                assert_eq!(pipeline.graph().expect("a graph").nodes().len(), length);
                Sample { zen, floor: None }
            }
        }
    }
}

type Work = Box<dyn FnMut(usize)>;

fn no_work() -> Work {
    Box::new(|_| ())
}

/// Builds and runs a pipeline with the argument 0 to warm up and then, measured, with `start`. The floor writes what the second run wrote.
fn recorded<O: PipelineOutput>(
    power: bool,
    cached: bool,
    build: impl Fn(i64) -> Pipeline<O>,
    start: i64,
    work: impl FnOnce(&Home) -> Work,
) -> Sample {
    let home = Home::new(power);
    home.run(build(0));
    let copy = home.beside("floor.db");
    let mark = Mark::copy(&home.database(), &copy);
    let started = Instant::now();
    home.run(build(start));
    let zen = started.elapsed();
    let recording = Recording::read(&home.database(), &mark);
    assert!(recording.len() >= 100, "not all steps were recorded");
    let mut work = work(&home);
    let floor = move || {
        let mut floor = Floor::open(&copy, power);
        floor.warm_up(&recording);
        let started = Instant::now();
        floor.write(&recording, cached, &mut work);
        let took = started.elapsed();
        drop(home);
        took
    };
    Sample {
        zen,
        floor: Some(Box::new(floor)),
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl std::fmt::Debug for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.zen)
    }
}
