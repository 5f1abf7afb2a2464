//! A program with a `main` of its own that is marked, and with the commands of `zen`.

use zen_cli as _;
use zen_core::prelude::*;
use zen_integrations as _;
use zen_tests as _;

#[zen_core::main]
async fn main() -> Result<()> {
    println!("the program's own main");
    Ok(())
}
