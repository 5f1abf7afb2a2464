use std::rc::Rc;

use zen_core::prelude::*;

fn not_async(_: HookEvent) -> Result<()> {
    Ok(())
}

async fn wrong_argument(_: u8) -> Result<()> {
    Ok(())
}

async fn no_argument() -> Result<()> {
    Ok(())
}

async fn no_result(_: HookEvent) {}

async fn a_value(_: HookEvent) -> Result<u8> {
    Ok(1)
}

async fn not_send(_: HookEvent) -> Result<()> {
    let rc = Rc::new(1);
    std::future::ready(()).await;
    drop(rc);
    Ok(())
}

#[step(on_failure = not_async)]
fn one() {}

#[step(on_success(wrong_argument, no_argument))]
fn two() {}

#[step(on_failure = no_result)]
fn three() {}

#[pipeline(on_success = a_value, on_failure = not_send)]
fn four() {
    one();
}

#[pipeline]
fn five() {
    two().on_failure(not_async);
}

fn main() {}
