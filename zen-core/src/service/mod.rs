//! Services: long-running processes outside any run, which outlive the program that started them.
//!
//! A [`Service`] is what programs hold of one. What runs is, on this machine, a [`LocalService`]: the user's own executable, started again as
//! a daemon. A prediction server is one such service; [`deploy`](crate::deploy) puts models behind one.

mod backend;
#[cfg(unix)]
mod create;
mod error;
mod handle;
mod health;
mod http;
mod infer;
mod invoke;
mod last;
mod lease;
#[cfg(unix)]
pub(crate) mod local;
mod logs;
mod predict;
mod stage;
mod token;

#[cfg(unix)]
pub(crate) use create::blank;
pub use error::ServiceError;
pub use handle::Service;
pub(crate) use handle::observe;
pub use health::HealthMonitor;
pub use last::{NamesStep, load_last_service_from_step};
pub(crate) use lease::Lease;
#[cfg(unix)]
pub use local::{
    Abandoned, Leaving, LocalOptions, LocalService, LocalServiceEntry, LogLimits, Paths, Serving,
    registered_services, run_if_daemon,
};
pub use logs::LogLines;
pub use stage::{Stage, Stages};
pub use token::{Token, TokenError, TokenSource};

pub use crate::metadata::{
    Endpoint, ServiceFilter, ServiceRecord, ServiceState, ServiceStatus, ServiceVersionRecord,
};
