//! How many bytes of requests are held at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Refusal;

/// Room for the bodies of requests. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Memory(Arc<Room>);

#[derive(Debug)]
struct Room {
    limit: usize,
    used: AtomicUsize,
}

/// What one request has of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    memory: Memory,
    bytes: usize,
}

impl Memory {
    /// Room for so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        let used = AtomicUsize::new(0);
        Self(Arc::new(Room { limit, used }))
    }

    /// A request that has nothing yet.
    pub(super) fn hold(&self) -> Held {
        Held {
            memory: self.clone(),
            bytes: 0,
        }
    }
}

impl Held {
    /// Takes room for so many bytes in all, where it hasn't as much already.
    ///
    /// Nobody waits for room: requests that have a part of it would wait for each other.
    pub(super) fn cover(&mut self, bytes: usize) -> Result<(), Refusal> {
        let room = &*self.memory.0;
        if bytes > room.limit {
            return Err(Refusal::TooLarge(room.limit));
        }
        let more = bytes.saturating_sub(self.bytes);
        let fits = |used: usize| used.checked_add(more).filter(|used| *used <= room.limit);
        match room.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => {
                self.bytes += more;
                Ok(())
            }
            Err(_) => Err(Refusal::Crowded(room.limit)),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
