//! All settings of steps, and items named by `depends`.

use zen_core::prelude::*;

#[zen_core::tracked]
fn helper() -> u8 {
    LIMIT
}

#[zen_core::tracked]
const LIMIT: u8 = 3;

#[zen_core::tracked]
static TABLE: [u8; 2] = [1, 2];

#[zen_core::tracked]
#[derive(Serialize, Deserialize, Clone)]
struct Table<T> {
    rows: Vec<T>,
}

#[zen_core::tracked]
enum Kind {
    One,
}

#[step]
fn other() -> u8 {
    TABLE[0] + helper()
}

#[step(
    name = "every setting",
    version = "2024-06",
    cache(expires = "1d", files("data/a.csv", "data/b.csv")),
    retry(max = 3, delay = "250ms", backoff = 2, jitter = false),
    timeout = "10m",
    isolation(process, memory = "2GiB", env("A" = "1", "B" = ""), inherit("C", "D")),
    depends(helper, LIMIT, TABLE, Table<u8>, Kind, other, steps::deep),
    strict,
    ignore(verbose),
    outputs(score),
)]
fn all(x: f64, verbose: bool) -> Result<f64> {
    let _ = (verbose, Kind::One, Table { rows: vec![1] }.rows);
    Ok(x)
}

#[step(version = 2, cache = false, retry = 3, crate = zen_core)]
fn short() {}

#[step(retry(max = 1))]
fn once_more() {}

#[step(isolation = process)]
fn apart() {}

#[step(isolation = none)]
fn here() {}

#[step(isolation(never = "it ends the program"))]
fn always_here() {}

mod steps {
    use zen_core::prelude::*;

    #[step]
    pub fn deep() {}
}

#[pipeline(name = "settings", cache = true, crate = zen_core)]
fn pipeline_of_all() -> Artifact<f64> {
    short();
    once_more();
    apart();
    here().isolation(Isolation::process().memory(1 << 30));
    always_here();
    all(1.0, true)
}

fn main() {
    use zen_core::Tracked as _;
    let pipeline = pipeline_of_all();
    assert_eq!(pipeline.name(), "settings");
    pipeline.graph().unwrap();
    assert_eq!(all::definition().name(), "every setting");
    assert_eq!(other::CODE.len(), 64);
    assert_ne!(other::CODE, <LIMIT as zen_core::Tracked>::CODE);
}
