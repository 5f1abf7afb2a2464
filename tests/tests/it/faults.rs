//! Stores that fail, disks that are full, folders that vanish, clocks that go wrong: never a wrong value, never a lost finished step, always an
//! error that says what and where.

mod clock;
mod gone;
mod kills;
mod metadata;
#[cfg(target_os = "linux")]
mod mounts;
mod objects;
mod slow;
mod small;
