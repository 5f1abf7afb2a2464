//! The smallest program, as `examples/hello`.

use zen_core::prelude::*;

#[step]
fn greeting(name: &str) -> String {
    format!("Hello, {name}!")
}

#[step]
fn shout(text: &str) -> String {
    text.to_uppercase()
}

#[pipeline]
fn hello(name: String) -> Artifact<String> {
    shout(greeting(name))
}

#[zen_core::main]
pub(crate) async fn main() -> Result<()> {
    let name = std::env::args().nth(2).unwrap_or_else(|| "world".into());
    let run = hello(name).run().await?;
    println!("{}", run.output().await?);
    Ok(())
}
