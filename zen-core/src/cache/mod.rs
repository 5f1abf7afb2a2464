//! The cache: keys of steps, and why one was or wasn't found.
//!
//! There is no cache beside the metadata: a completed step with the same key is the cache entry. Keys count by content, so that a
//! step that runs again and makes the same bytes leaves everything below it cached.

mod explain;
mod files;
mod key;

pub(crate) use explain::explain;
pub use explain::{Explanation, FieldChange};
pub use files::{FileDigestError, digest_path};
pub use key::{CacheKey, KeyError};
pub(crate) use key::{KeyInput, cache_key};
