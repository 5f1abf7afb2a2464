use zen_core::prelude::*;

#[zen_core::hook]
async fn generic<T>(_: HookEvent) -> Result<()> {
    Ok(())
}

#[zen_core::hook(name = "page")]
async fn named(_: HookEvent) -> Result<()> {
    Ok(())
}

#[zen_core::hook]
struct NoFunction;

#[zen_core::hook]
fn not_async(_: HookEvent) -> Result<()> {
    Ok(())
}

#[zen_core::hook]
async fn wrong_argument(_: &str) -> Result<()> {
    Ok(())
}

fn main() {}
