use zen_core::prelude::*;
const LIMIT:u32=10;   // ten
fn deeper(x: u32,) -> u32 { x.min( LIMIT, ) }
/// Helps.
fn helper(
    x: u32,
) -> u32 { deeper(
    x,
) + 1 }

/// Trains.
#[step]
pub fn train(x: u32,
             y: u32,) -> u32 { /* a comment */ helper(x)
    + y + 100
}
