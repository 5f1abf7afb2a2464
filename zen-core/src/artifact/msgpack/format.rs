//! What the encoder and the decoder must agree on. Changing any of it takes a new version of the codec.

/// MessagePack extension type of `Some(x)` where `x` itself is encoded as nil (`Some(None)`, `Some(())`) or as this
/// extension. The payload is the encoding of `x`, so it is always some of these extensions around one nil. Any other
/// `Some(x)` is encoded as `x`.
pub(super) const SOME: i8 = 1;

/// MessagePack extension type of an integer above `u64::MAX`: a `u128`, 16 bytes, big-endian.
pub(super) const U128: i8 = 2;

/// MessagePack extension type of an integer below `i64::MIN`: an `i128`, 16 bytes, big-endian.
pub(super) const I128: i8 = 3;

/// How many sequences, maps, structs, enum variants and `Some`s may be inside each other. In unoptimised builds, the
/// code that serde derives takes some two kilobytes of stack for each level: this many fit four times into the 2 MiB
/// that a thread has by default.
pub(super) const MAX_DEPTH: usize = 256;

/// Whether types with two forms (`IpAddr`, `Uuid`) take the one for people.
///
/// A binary format would say no. But serde's own buffers, through which everything inside `flatten`, `untagged` and
/// internally tagged enums is read, always say yes, so a "no" here would write what they then can't read.
pub(super) const HUMAN_READABLE: bool = true;
