use zen_core::prelude::*;

const LIMIT: u32 = 10;

fn helper(x: u32) -> u32 {
    deeper(x) + 1
}

fn deeper(x: u32) -> u32 {
    x.min(LIMIT)
}

#[allow(dead_code)]
fn unrelated() -> u32 {
    1
}

#[step(depends(crate::code::tracked_one), retry = 3)]
pub fn train(x: u32, y: u32) -> u32 {
    helper(x) + y + 100
}
