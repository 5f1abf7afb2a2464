//! The codecs that come with zen.

mod json_view;
#[cfg(feature = "ndarray")]
mod npy;
mod raw_bytes;
mod serde;
mod summary;
mod text;

pub(crate) use self::json_view::{json_view, short_json_view};
#[cfg(feature = "ndarray")]
pub use self::npy::{Npy, NpyElement};
pub use self::raw_bytes::RawBytes;
pub use self::serde::Serde;
pub use self::text::Text;
