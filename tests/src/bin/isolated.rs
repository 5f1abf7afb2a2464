//! The program that the tests' workers are, and that runs isolated steps itself.
//!
//! By hand, with the project's folder in `ZEN_HOME`: `ending <how> <folder>`, `seeing`, or `surroundings`, which prints the environment of a worker.

use zen_core::prelude::*;
use zen_tests::isolated;

#[zen_core::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ending", how, folder] => {
            let run = isolated::ending(how.into(), folder.into(), None, None, 0)
                .run()
                .await?;
            println!("{}", run.output().await?);
        }
        ["seeing"] => {
            let run = isolated::seeing().quiet().run().await?;
            println!("{}", run.output().await?);
        }
        ["surroundings"] => {
            let run = isolated::surroundings().run().await?;
            println!("{}", serde_json::to_string(&*run.output().await?)?);
        }
        _ => return Err("usage: isolated ending <how> <folder> | seeing | surroundings".into()),
    }
    Ok(())
}
