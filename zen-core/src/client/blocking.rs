//! Blocking work for asynchronous callers.

use tokio::task::spawn_blocking;

use super::ClientError;

/// Runs work that blocks in a thread where it may.
pub(crate) async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, ClientError> + Send + 'static,
) -> Result<R, ClientError> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ClientError::Thread(error.to_string())),
    }
}
