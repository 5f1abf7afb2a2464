//! Which types can be artifacts, and by which codec.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Codec, RawBytes, Serde, Text, json_view};

/// A type whose values can be artifacts: step outputs, parameters, saved values.
///
/// Every type that derives serde's `Serialize` and `Deserialize` (and is `Send + Sync + 'static`) is one, by a blanket
/// implementation: nothing needs to be written. Types listed with [`register_codec!`](crate::register_codec) use
/// their own format instead of the default one; bytes, text and (with the feature `ndarray`) arrays are listed by
/// zen. A type without serde may implement this trait by naming its codec:
///
/// ```
/// use std::sync::Arc;
/// use std::io::Write;
/// use zen_core::artifact::{Codec, CodecError, CodecInfo, Materialize};
///
/// pub struct Flag(bool); // of some foreign crate, say, and so without serde
/// struct FlagByte;
/// impl Codec<Flag> for FlagByte {
///     fn info(&self) -> CodecInfo {
///         CodecInfo { name: "flag", version: 1, media_type: "application/octet-stream" }
///     }
///     fn encode(&self, value: &Flag, out: &mut dyn Write) -> Result<(), CodecError> {
///         Ok(out.write_all(&[value.0 as u8])?)
///     }
///     fn decode(&self, bytes: &[u8], _: u32) -> Result<Flag, CodecError> {
///         match bytes {
///             [0] => Ok(Flag(false)),
///             [1] => Ok(Flag(true)),
///             _ => Err(CodecError::Malformed("expected one byte, 0 or 1".into())),
///         }
///     }
/// }
/// impl Materialize for Flag {
///     fn codecs() -> Vec<Arc<dyn Codec<Self>>> {
///         vec![Arc::new(FlagByte)]
///     }
/// }
/// ```
///
/// Such a type can't stand inside a `Vec` or `Option` artifact (what `each`, `gather` and `when` return): for that it
/// needs serde too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as an artifact",
    label = "a step's output or parameter must be storable, and `{Self}` is not",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to `{Self}`",
    note = "or implement `zen_core::artifact::Materialize` for it, naming a codec"
)]
pub trait Materialize: Sized + Send + Sync + 'static {
    /// The codecs that can read this type; the first one writes it. Never empty.
    fn codecs() -> Vec<Arc<dyn Codec<Self>>>;

    /// The value as JSON for people; `null` when it has none or it is large. Never read back.
    fn json(&self) -> Value {
        Value::Null
    }

    /// Reads a value that a person wrote as JSON, in a configuration file or on a command line.
    ///
    /// # Errors
    /// When the JSON is no such value, or the type has no serde.
    fn from_json(value: Value) -> Result<Self, String> {
        let _ = value;
        Err(format!(
            "`{}` can't be read from JSON",
            std::any::type_name::<Self>()
        ))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Materialize for T {
    fn codecs() -> Vec<Arc<dyn Codec<Self>>> {
        let mut codecs = registered::<T>();
        codecs.push(Arc::new(Serde));
        codecs
    }

    fn json(&self) -> Value {
        json_view(self)
    }

    fn from_json(value: Value) -> Result<Self, String> {
        super::from_json(value)
    }
}

/// A codec listed for a type; made by [`register_codec!`](crate::register_codec).
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct CodecRegistration {
    /// The type.
    pub type_id: fn() -> TypeId,
    /// An `Arc<dyn Codec<T>>` in a box.
    pub codec: fn() -> Box<dyn Any + Send + Sync>,
}

inventory::collect!(CodecRegistration);

/// Makes a codec the format of a type: `register_codec!(Type => Codec)`, where `Codec` is a unit struct (or any constant
/// expression) that implements [`Codec<Type>`]. When several are listed for a type, the
/// first one found writes; all of them read.
///
/// ```
/// # use zen_core::artifact::{Codec, CodecError, CodecInfo};
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Grid(Vec<u8>);
/// struct GridPng;
/// # impl Codec<Grid> for GridPng {
/// #     fn info(&self) -> CodecInfo { CodecInfo { name: "grid", version: 1, media_type: "image/png" } }
/// #     fn encode(&self, v: &Grid, out: &mut dyn std::io::Write) -> Result<(), CodecError> { Ok(out.write_all(&v.0)?) }
/// #     fn decode(&self, bytes: &[u8], _: u32) -> Result<Grid, CodecError> { Ok(Grid(bytes.to_vec())) }
/// # }
/// zen_core::register_codec!(Grid => GridPng);
/// ```
#[macro_export]
macro_rules! register_codec {
    ($type:ty => $codec:expr) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::__private::CodecRegistration {
                    type_id: || ::std::any::TypeId::of::<$type>(),
                    codec: || {
                        let codec: ::std::sync::Arc<dyn $crate::artifact::Codec<$type>> = ::std::sync::Arc::new($codec);
                        ::std::boxed::Box::new(codec)
                    },
                }
            }
        };
    };
}

crate::register_codec!(Vec<u8> => RawBytes);
crate::register_codec!(Bytes => RawBytes);
crate::register_codec!(String => Text);

type Registry = RwLock<HashMap<TypeId, Vec<Box<dyn Any + Send + Sync>>>>;

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let mut map: HashMap<TypeId, Vec<Box<dyn Any + Send + Sync>>> = HashMap::new();
        for registration in inventory::iter::<CodecRegistration> {
            map.entry((registration.type_id)())
                .or_default()
                .push((registration.codec)());
        }
        RwLock::new(map)
    })
}

fn registered<T: 'static>() -> Vec<Arc<dyn Codec<T>>> {
    let registry = registry().read().unwrap_or_else(PoisonError::into_inner);
    let Some(codecs) = registry.get(&TypeId::of::<T>()) else {
        return Vec::new();
    };
    codecs
        .iter()
        .filter_map(|codec| codec.downcast_ref::<Arc<dyn Codec<T>>>().cloned())
        .collect()
}
