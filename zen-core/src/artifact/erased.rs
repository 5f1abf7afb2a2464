//! Codecs with their type erased: what the runner, which knows no user's type, works with.

use std::any::{Any, TypeId, type_name};
use std::marker::PhantomData;
use std::sync::Arc;
use std::{fmt, io};

use bytes::Bytes;

use super::store::STREAM_FROM;
use super::{
    ArtifactError, ArtifactStore, Codec, CodecError, CodecInfo, Description, Digest, Materialize, ObjectFile,
};

/// A value of some type, shared by its readers.
pub(crate) type AnyValue = Arc<dyn Any + Send + Sync>;

/// A type together with the codecs that store it.
pub(crate) trait ErasedCodec: Send + Sync {
    fn type_id(&self) -> TypeId;
    fn type_name(&self) -> &'static str;
    /// The codec that writes.
    fn info(&self) -> CodecInfo;
    /// Writes the value, and describes it.
    fn encode_to(
        &self,
        value: &(dyn Any + Send + Sync),
        out: &mut dyn io::Write,
    ) -> Result<Description, CodecError>;
    /// The whole in memory.
    fn encode(&self, value: &(dyn Any + Send + Sync)) -> Result<(Vec<u8>, Description), CodecError> {
        let mut bytes = Vec::new();
        let description = self.encode_to(value, &mut bytes)?;
        Ok((bytes, description))
    }
    /// See [`Codec::stays_in_file`].
    fn stays_in_file(&self) -> bool;
    /// Decodes what the named version of the named codec wrote. `what` names the artifact in errors.
    fn decode(
        &self,
        what: &dyn fmt::Display,
        codec: &str,
        version: u32,
        bytes: &[u8],
    ) -> Result<AnyValue, ArtifactError>;
    /// As `decode`, from wherever the bytes are.
    fn load(
        &self,
        what: &dyn fmt::Display,
        codec: &str,
        version: u32,
        object: &Object,
    ) -> Result<AnyValue, ArtifactError>;
}

/// An encoded value, wherever it is.
#[derive(Debug, Clone)]
pub(crate) enum Object {
    /// In memory, and checked.
    Bytes(Bytes),
    /// In a file, and checked.
    File(ObjectFile),
    /// In a store.
    Stored {
        store: ArtifactStore,
        digest: Digest,
        size: u64,
    },
}

impl fmt::Debug for dyn ErasedCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.info().name, self.type_name())
    }
}

struct Typed<T> {
    /// The first one writes; all read.
    codecs: Vec<Arc<dyn Codec<T>>>,
    _type: PhantomData<fn() -> T>,
}

/// The codecs of `T`, its default one first.
pub(crate) fn codec_of<T: Materialize>() -> Arc<dyn ErasedCodec> {
    Arc::new(Typed {
        codecs: T::codecs(),
        _type: PhantomData,
    })
}

/// `codec` to write, and the others of `T` to read what they wrote.
pub(crate) fn codec_with<T: Materialize>(codec: Arc<dyn Codec<T>>) -> Arc<dyn ErasedCodec> {
    let mut codecs = vec![codec];
    codecs.extend(T::codecs());
    Arc::new(Typed {
        codecs,
        _type: PhantomData,
    })
}

impl<T: Send + Sync + 'static> Typed<T> {
    fn writer(&self) -> Option<&Arc<dyn Codec<T>>> {
        self.codecs.first()
    }
}

impl<T: Send + Sync + 'static> ErasedCodec for Typed<T> {
    fn type_id(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn info(&self) -> CodecInfo {
        match self.writer() {
            Some(codec) => codec.info(),
            None => CodecInfo {
                name: "none",
                version: 0,
                media_type: "application/octet-stream",
            },
        }
    }

    fn stays_in_file(&self) -> bool {
        self.writer().is_some_and(|codec| codec.stays_in_file())
    }

    fn encode_to(
        &self,
        value: &(dyn Any + Send + Sync),
        out: &mut dyn io::Write,
    ) -> Result<Description, CodecError> {
        let Some(codec) = self.writer() else {
            return Err(CodecError::Unsupported(format!(
                "`{}` names no codec",
                type_name::<T>()
            )));
        };
        let Some(value) = value.downcast_ref::<T>() else {
            return Err(CodecError::Unsupported(format!(
                "the value is no `{}`",
                type_name::<T>()
            )));
        };
        codec.encode(value, out)?;
        Ok(codec.describe(value))
    }

    fn decode(
        &self,
        what: &dyn fmt::Display,
        codec: &str,
        version: u32,
        bytes: &[u8],
    ) -> Result<AnyValue, ArtifactError> {
        let value = decode_with(&self.codecs, what, codec, version, bytes)?;
        Ok(Arc::new(value))
    }

    fn load(
        &self,
        what: &dyn fmt::Display,
        codec: &str,
        version: u32,
        object: &Object,
    ) -> Result<AnyValue, ArtifactError> {
        let value = load_with(&self.codecs, what, codec, version, object)?;
        Ok(Arc::new(value))
    }
}

/// Decodes with the codec that is recorded for the artifact.
pub(crate) fn decode_with<T: 'static>(
    codecs: &[Arc<dyn Codec<T>>],
    what: &dyn fmt::Display,
    codec: &str,
    version: u32,
    bytes: &[u8],
) -> Result<T, ArtifactError> {
    let reader = find(codecs, what, codec, version)?;
    reader
        .decode(bytes, version)
        .map_err(|source| undecodable::<T>(what, codec, version, source))
}

/// As [`decode_with`], from wherever the bytes are. They are checked before anybody gets the value.
pub(crate) fn load_with<T: 'static>(
    codecs: &[Arc<dyn Codec<T>>],
    what: &dyn fmt::Display,
    codec: &str,
    version: u32,
    object: &Object,
) -> Result<T, ArtifactError> {
    let known = find(codecs, what, codec, version)?;
    let failed = |source| undecodable::<T>(what, codec, version, source);
    match object {
        Object::Bytes(bytes) => known.decode(bytes, version).map_err(failed),
        Object::File(file) => known.decode_file(file, version).map_err(failed),
        Object::Stored { store, digest, size } if *size <= STREAM_FROM as u64 => {
            known.decode(&store.get(*digest, what)?, version).map_err(failed)
        }
        Object::Stored { store, digest, size } if known.stays_in_file() => known
            .decode_file(&store.file(*digest, *size, what)?, version)
            .map_err(failed),
        Object::Stored { store, digest, size } => {
            let mut reader = store.reader(*digest, *size, what)?;
            let value = known.decode_from(&mut reader, *size, version);
            // Damaged bytes are said to be damaged, also when the codec has stumbled over them.
            reader.finish()?;
            value.map_err(failed)
        }
    }
}

/// The codec that is recorded for the artifact.
fn find<'a, T: 'static>(
    codecs: &'a [Arc<dyn Codec<T>>],
    what: &dyn fmt::Display,
    codec: &str,
    version: u32,
) -> Result<&'a Arc<dyn Codec<T>>, ArtifactError> {
    let Some(reader) = codecs.iter().find(|known| known.info().name == codec) else {
        let known: Vec<_> = codecs.iter().map(|known| known.info().name).collect();
        return Err(ArtifactError::UnknownCodec {
            what: what.to_string(),
            codec: codec.to_owned(),
            type_name: type_name::<T>(),
            known: known.join(", "),
        });
    };
    let known = reader.info().version;
    if version > known {
        return Err(ArtifactError::NewerCodec {
            what: what.to_string(),
            codec: codec.to_owned(),
            found: version,
            known,
        });
    }
    Ok(reader)
}

fn undecodable<T>(what: &dyn fmt::Display, codec: &str, version: u32, source: CodecError) -> ArtifactError {
    ArtifactError::Decode {
        what: what.to_string(),
        type_name: type_name::<T>(),
        codec: codec.to_owned(),
        version,
        source,
    }
}

/// Takes the value out of its `Arc`, or, when others still read it, makes a second one by a round trip through the
/// codec: so a type need not be `Clone` to be collected.
pub(crate) fn own<T: Materialize>(value: Arc<T>) -> Result<T, ArtifactError> {
    let value = match Arc::try_unwrap(value) {
        Ok(value) => return Ok(value),
        Err(shared) => shared,
    };
    duplicate(&*value)
}

/// A second value, by a round trip through the codec.
pub(crate) fn duplicate<T: Materialize>(value: &T) -> Result<T, ArtifactError> {
    let codecs = T::codecs();
    let erased = Typed {
        codecs,
        _type: PhantomData,
    };
    let info = ErasedCodec::info(&erased);
    let Some(codec) = erased.writer() else {
        return Err(ArtifactError::UnknownCodec {
            what: "a value".into(),
            codec: info.name.into(),
            type_name: type_name::<T>(),
            known: String::new(),
        });
    };
    if let Some(second) = codec.share(value) {
        return Ok(second);
    }
    let mut bytes = Vec::new();
    codec
        .encode(value, &mut bytes)
        .map_err(|source| ArtifactError::Encode {
            what: "a value".into(),
            type_name: type_name::<T>(),
            codec: info.name,
            source,
        })?;
    decode_with(&erased.codecs, &"a value", info.name, info.version, &bytes)
}

/// The name of a type without the crates and modules of its parts: two programs that define the same type in
/// different places still exchange it, but `f32` is never read as `f64`.
pub(crate) fn bare_type_name(name: &str) -> String {
    let mut bare = String::with_capacity(name.len());
    let mut word = String::new();
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        if c == ':' && characters.peek() == Some(&':') {
            characters.next();
            word.clear();
        } else if c == '{' {
            // `{{closure}}` and the like: a place, not a part of the type.
            while characters.next_if(|c| *c != ':').is_some() {}
        } else if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            bare.push_str(&word);
            word.clear();
            bare.push(c);
        }
    }
    bare.push_str(&word);
    bare
}

#[cfg(test)]
mod tests {
    use super::bare_type_name;

    #[test]
    fn paths_go_and_structure_stays() {
        assert_eq!(bare_type_name("alloc::vec::Vec<a::b::Row>"), "Vec<Row>");
        assert_eq!(
            bare_type_name("(f64, core::option::Option<&str>)"),
            "(f64, Option<&str>)"
        );
        assert_eq!(bare_type_name("f32"), "f32");
        assert_eq!(
            bare_type_name("a::Vec<prog::main::{{closure}}::Local>"),
            "Vec<Local>"
        );
    }
}
