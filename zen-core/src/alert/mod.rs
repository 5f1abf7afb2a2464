//! Alerters: they tell people. A component of the stack.
//!
//! A step or a hook asks for it by its type:
//!
//! ```
//! use std::sync::Arc;
//! use zen_core::alert::{Alert, Alerter};
//! use zen_core::prelude::*;
//!
//! async fn tell(event: HookEvent) -> Result<()> {
//!     if let Some(alerter) = event.component::<Arc<dyn Alerter>>() {
//!         // It blocks: in an asynchronous function, it gets a thread of its own.
//!         tokio::task::spawn_blocking(move || alerter.post(&Alert::new(event.to_string()))).await??;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`alert`](alert()) is that hook: `#[pipeline(on_failure = alert)]`.

mod alerter;
mod hook;
mod webhook;

pub use alerter::{Alert, AlertError, Alerter, AlerterKind};
pub use hook::alert;
