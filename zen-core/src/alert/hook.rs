//! The hook that tells people with the stack's alerter.

use std::sync::Arc;

use super::{Alert, AlertError, Alerter};
use crate::graph::HookEvent;

/// A hook that posts what has happened with the stack's alerter, and does nothing on a stack that has none.
///
/// ```
/// use zen_core::alert::alert;
/// use zen_core::prelude::*;
///
/// #[step]
/// fn trainer() -> f64 { 0.5 }
///
/// #[pipeline(on_failure = alert)]
/// fn training() -> Artifact<f64> { trainer() }
/// ```
///
/// # Errors
/// When the alerter doesn't take it; recorded with the run, and changes nothing else.
#[crate::hook(crate = crate)]
pub async fn alert(event: HookEvent) -> Result<(), AlertError> {
    let Some(alerter) = event.component::<Arc<dyn Alerter>>() else {
        return Ok(());
    };
    let text = event.to_string();
    let posted = tokio::task::spawn_blocking(move || alerter.post(&Alert::new(text))).await;
    posted.unwrap_or_else(|error| {
        Err(AlertError {
            location: "this program".into(),
            reason: error.to_string(),
        })
    })
}
