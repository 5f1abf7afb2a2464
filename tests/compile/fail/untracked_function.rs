use zen_core::prelude::*;

fn helper() {}

#[step(depends(helper))]
fn untracked() {
    helper();
}

fn main() {}
