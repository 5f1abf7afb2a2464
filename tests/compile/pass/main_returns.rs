//! `#[zen_core::main]` on a function that fails or not.

use zen_core::prelude::*;

mod nothing {
    #[zen_core::main]
    async fn main() {}

    pub(crate) fn is_there() -> fn() -> std::process::ExitCode {
        main
    }
}

#[zen_core::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let number: u8 = "3".parse()?;
    assert_eq!(number, 3);
    let _ = nothing::is_there();
    Ok(())
}
