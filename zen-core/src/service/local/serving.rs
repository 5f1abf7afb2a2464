//! What a service may know and say while its process runs it.

use std::fmt;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use super::launch::Report;
use super::leaving::Leaving;
use super::lifetime::Life;
use crate::service::Stages;
use crate::serving::{BoxError, ModelRef, ServedModel, load_model};
use crate::stack::{Stack, StackError};

/// What the process that started this one has ordered so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ordered {
    /// Nothing yet.
    Nothing,
    /// To answer connections.
    Go,
}

/// The line to the process that started this one, until the version is committed.
#[derive(Debug)]
pub(super) struct Reports(Mutex<Option<std::fs::File>>);

impl Reports {
    pub(super) fn new(file: std::fs::File) -> Self {
        Self(Mutex::new(Some(file)))
    }

    pub(super) fn send(&self, report: &Report) {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &mut *line
            && let Ok(mut text) = serde_json::to_vec(report)
        {
            text.push(b'\n');
            // When nobody reads it any more, the end of the standard input says so too.
            let _ = file.write_all(&text);
        }
    }

    pub(super) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What a [`LocalService`](super::LocalService) may know and say while its process runs it.
pub struct Serving {
    pub(super) home: PathBuf,
    pub(super) service: Uuid,
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) address: SocketAddr,
    pub(super) life: Life,
    pub(super) reports: Arc<Reports>,
    pub(super) ordered: watch::Receiver<Ordered>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("service", &self.service)
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The process that started this one died before it put this version in charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process that started this one is gone, and nobody wants this version any more")]
pub struct Abandoned;

impl Serving {
    /// The service's id.
    pub fn service(&self) -> Uuid {
        self.service
    }

    /// The service's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which version of the service this process is: 1, 2, 3..
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The address the listening socket has.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The listening socket, in non-blocking mode. Connections come in only after [`ready`](Self::ready); another version's process may
    /// have the same socket.
    ///
    /// Drop it when the service is to end: a socket that nobody accepts from keeps clients waiting.
    ///
    /// # Errors
    /// When the process has no free descriptors, or is ending already.
    pub fn listener(&self) -> io::Result<TcpListener> {
        let listener = self.life.listener();
        let Some(listener) = listener.as_ref() else {
            return Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "the service is ending",
            ));
        };
        let listener = listener.try_clone()?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// Drop what this returns when the service accepts no more connections, after a [stage](crate::service::Stage) that ends it has begun: an update waits for it, for
    /// a moment. A service that doesn't ask for it may answer connections that are opened shortly after an update.
    pub fn leaving(&self) -> Leaving {
        self.life.left().expect()
    }

    /// The project's stack, for reading artifacts.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn stack(&self) -> Result<Stack, StackError> {
        Stack::at(&self.home)
    }

    /// Reads a model, as the predictor that is listed for its type; also from another version of the program, as long as the codec can.
    ///
    /// # Errors
    /// When it is missing or damaged, can't be decoded, or no predictor is listed for its type.
    pub fn load_model(&self, model: &ModelRef) -> Result<Arc<dyn ServedModel>, BoxError> {
        load_model(&self.stack()?, model)
    }

    /// Says that everything is loaded and warm, and waits until connections are wanted: an update replaces the running version only now.
    /// What is returned tells when the service is to end.
    ///
    /// # Errors
    /// When the process that started this one has died: return the error, and the process ends.
    pub async fn ready(&self) -> Result<Stages, Abandoned> {
        self.reports.send(&Report::Warm);
        let mut ordered = self.ordered.clone();
        let order = ordered.wait_for(|order| *order != Ordered::Nothing).await;
        match order.map(|order| *order) {
            Ok(Ordered::Go) => {
                self.reports.send(&Report::Serving);
                Ok(Stages::new(self.life.stages()))
            }
            _ => Err(Abandoned),
        }
    }
}
