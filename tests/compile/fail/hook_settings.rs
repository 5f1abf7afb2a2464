use zen_core::prelude::*;

async fn notify(_: HookEvent) -> Result<()> {
    Ok(())
}

#[step(on_failure = "notify")]
fn one() {}

#[step(on_failure, on_success())]
fn two() {}

#[step(on_failure(notify, 3))]
fn three() {}

#[pipeline(on_failures = notify, on_success = |_| async { Ok(()) })]
fn four() {
    one();
}

fn main() {}
