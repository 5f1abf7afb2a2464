//! Whether a service answers.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::http::Http;
use crate::metadata::Endpoint;

/// How the health of a service is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthMonitor {
    /// A GET that must be answered with this status.
    Http {
        /// The whole URL.
        url: String,
        /// The status of a healthy service.
        status: u16,
        /// How long it may take.
        timeout: Duration,
    },
    /// That a connection is accepted.
    Tcp {
        /// The name or address.
        host: String,
        /// The port.
        port: u16,
        /// How long it may take.
        timeout: Duration,
    },
}

impl HealthMonitor {
    /// The monitor of an endpoint: over HTTP when it has a health path, else by connecting.
    pub fn of(endpoint: &Endpoint) -> Self {
        let timeout = Duration::from_secs(5);
        match &endpoint.health_path {
            Some(path) => Self::Http {
                url: format!("{}{path}", endpoint.base_url()),
                status: 200,
                timeout,
            },
            None => Self::Tcp {
                host: endpoint.host.clone(),
                port: endpoint.port,
                timeout,
            },
        }
    }

    /// Looks once. Blocks at most for the timeout.
    ///
    /// # Errors
    /// When the service isn't healthy: what is wrong.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Http { url, status, timeout } => match Http::new(*timeout).get(url) {
                Ok(answer) if answer.status == *status => Ok(()),
                Ok(answer) => Err(format!("{url} answered {} instead of {status}", answer.status)),
                Err(error) => Err(format!("{url} did not answer: {error}")),
            },
            Self::Tcp { host, port, timeout } => {
                let refused = |error| format!("{host}:{port} accepts no connection: {error}");
                let addresses = (host.as_str(), *port).to_socket_addrs().map_err(refused)?;
                let mut last = None;
                for address in addresses {
                    match TcpStream::connect_timeout(&address, *timeout) {
                        Ok(_) => return Ok(()),
                        Err(error) => last = Some(error),
                    }
                }
                Err(last.map_or_else(|| format!("{host} has no address"), refused))
            }
        }
    }
}
