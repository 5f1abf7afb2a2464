//! Building the pipeline of a recorded run again.

use uuid::Uuid;

use super::RunError;
use crate::client::Client;
use crate::graph::{ErasedPipeline, rebuild_pipeline};

/// Builds the pipeline of a recorded run again, from its path and its recorded arguments, with what was set for its steps: to continue the
/// run without knowing which pipeline it is of.
///
/// ```
/// use zen_core::prelude::*;
/// use zen_core::runner::rebuild_run;
///
/// #[step]
/// fn double(x: u8) -> Result<u8> { Ok(x.checked_mul(2).ok_or("too large")?) }
/// #[pipeline]
/// fn doubling(x: u8) -> Artifact<u8> { double(x) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let stack = Stack::in_memory()?;
/// let failed = doubling(200).on(&stack).quiet().run().await.unwrap_err().run().unwrap();
///
/// let client = Client::of(stack.clone());
/// let again = rebuild_run(&client, failed).await?.resume(failed).on(&stack).quiet().run().await;
/// assert!(again.is_err()); // with the same arguments
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no such run, when its pipeline can't be built by name (it is generic, or made by hand, or its arguments can't be recorded), when this
/// program has no such pipeline, and when the recorded arguments can't be read or don't fit the pipeline any more.
pub async fn rebuild_run(client: &Client, run: Uuid) -> Result<ErasedPipeline, RunError> {
    let (asked, lookup) = (client.clone(), run);
    let view = crate::client::blocking(move || asked.run(lookup)).await?;
    let Some(path) = view.record().pipeline_path.clone() else {
        return Err(RunError::Resume {
            run,
            reason: format!(
                "its pipeline `{}` is generic or made by hand, and so can't be built by name: resume it from the code that builds it",
                view.pipeline()
            ),
        });
    };
    let arguments = view.recorded_arguments().await?;
    Ok(rebuild_pipeline(&path, &arguments)?)
}
