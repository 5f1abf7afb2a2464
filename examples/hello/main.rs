//! The smallest program: two steps, one pipeline. Run it twice: the second run takes both steps from the cache.

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
async fn main() -> Result<()> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "world".into());
    let run = hello(name).run().await?;
    println!("{}", run.output().await?);
    Ok(())
}
