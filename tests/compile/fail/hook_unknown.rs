use zen_core::prelude::*;

async fn notify(_: HookEvent) -> Result<()> {
    Ok(())
}

#[step(on_failure = unknown)]
fn one() {}

#[pipeline(on_success(notify, crate::nowhere::page))]
fn two() {
    one();
}

fn main() {}
