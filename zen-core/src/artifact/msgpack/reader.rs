//! Reads items from bytes, checking everything that can be checked without knowing the type.

use rmp::Marker;

use super::decode_error::DecodeError;
use super::format;
use super::head::Head;

#[derive(Debug, Clone)]
pub(super) struct Reader<'de> {
    input: &'de [u8],
    position: usize,
    /// Where the last item began: where errors are reported.
    item: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(input: &'de [u8]) -> Self {
        Self {
            input,
            position: 0,
            item: 0,
        }
    }

    /// The first byte that has not been read.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Where the last item began.
    pub(super) fn item(&self) -> usize {
        self.item
    }

    pub(super) fn remaining(&self) -> usize {
        self.input.len() - self.position
    }

    /// The kind of the next item, which is not read.
    pub(super) fn peek(&self) -> Option<Marker> {
        self.input.get(self.position).copied().map(Marker::from_u8)
    }

    /// Whether the next item is an extension, which is not read.
    pub(super) fn peeks_extension(&self) -> bool {
        use Marker::*;
        let extensions = [FixExt1, FixExt2, FixExt4, FixExt8, FixExt16, Ext8, Ext16, Ext32];
        self.peek().is_some_and(|marker| extensions.contains(&marker))
    }

    pub(super) fn error(&self, text: String) -> DecodeError {
        DecodeError::at(self.item, text)
    }

    /// An item of the wrong kind.
    pub(super) fn mismatch(&self, expected: &str, found: Head<'_>) -> DecodeError {
        self.error(format!("expected {expected}, found {found}"))
    }

    fn take(&mut self, len: usize, what: &str) -> Result<&'de [u8], DecodeError> {
        let rest = &self.input[self.position..];
        match rest.split_at_checked(len) {
            Some((taken, _)) => {
                self.position += len;
                Ok(taken)
            }
            None => Err(self.error(format!(
                "the bytes are truncated: {what} needs {len} bytes and only {} are left",
                rest.len()
            ))),
        }
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.input[self.position..].first_chunk() {
            Some(bytes) => {
                self.position += N;
                Ok(*bytes)
            }
            None => Err(self
                .take(N, "a number")
                .err()
                .unwrap_or_else(|| self.error("a number".to_owned()))),
        }
    }

    fn length8(&mut self) -> Result<usize, DecodeError> {
        Ok(usize::from(u8::from_be_bytes(self.number()?)))
    }

    fn length16(&mut self) -> Result<usize, DecodeError> {
        Ok(usize::from(u16::from_be_bytes(self.number()?)))
    }

    fn length32(&mut self) -> Result<usize, DecodeError> {
        let length = u32::from_be_bytes(self.number()?);
        usize::try_from(length)
            .map_err(|_| self.error(format!("the length {length} is too large for this computer")))
    }

    /// A float of exactly this width: the bulk of what is decoded.
    #[inline]
    pub(super) fn float64(&mut self) -> Result<f64, DecodeError> {
        if let Some([marker, bits @ ..]) = self.input[self.position..].first_chunk::<9>()
            && *marker == Marker::F64.to_u8()
        {
            self.item = self.position;
            self.position += 9;
            return Ok(f64::from_be_bytes(*bits));
        }
        match self.head()? {
            Head::Float64(value) => Ok(value),
            other => Err(self.mismatch("a 64-bit float", other)),
        }
    }

    /// Reads the next item, but not the items inside it.
    pub(super) fn head(&mut self) -> Result<Head<'de>, DecodeError> {
        self.item = self.position;
        let [marker] = self.number()?;
        Ok(match Marker::from_u8(marker) {
            Marker::Null => Head::Nil,
            Marker::False => Head::Bool(false),
            Marker::True => Head::Bool(true),
            Marker::FixPos(value) => Head::Unsigned(value.into()),
            Marker::FixNeg(value) => Head::Signed(value.into()),
            Marker::U8 => Head::Unsigned(u8::from_be_bytes(self.number()?).into()),
            Marker::U16 => Head::Unsigned(u16::from_be_bytes(self.number()?).into()),
            Marker::U32 => Head::Unsigned(u32::from_be_bytes(self.number()?).into()),
            Marker::U64 => Head::Unsigned(u64::from_be_bytes(self.number()?)),
            Marker::I8 => Head::Signed(i8::from_be_bytes(self.number()?).into()),
            Marker::I16 => Head::Signed(i16::from_be_bytes(self.number()?).into()),
            Marker::I32 => Head::Signed(i32::from_be_bytes(self.number()?).into()),
            Marker::I64 => Head::Signed(i64::from_be_bytes(self.number()?)),
            Marker::F32 => Head::Float32(f32::from_be_bytes(self.number()?)),
            Marker::F64 => Head::Float64(f64::from_be_bytes(self.number()?)),
            Marker::FixStr(len) => self.str(len.into())?,
            Marker::Str8 => self.length8().and_then(|len| self.str(len))?,
            Marker::Str16 => self.length16().and_then(|len| self.str(len))?,
            Marker::Str32 => self.length32().and_then(|len| self.str(len))?,
            Marker::Bin8 => self.length8().and_then(|len| self.bin(len))?,
            Marker::Bin16 => self.length16().and_then(|len| self.bin(len))?,
            Marker::Bin32 => self.length32().and_then(|len| self.bin(len))?,
            Marker::FixArray(len) => self.array(len.into())?,
            Marker::Array16 => self.length16().and_then(|len| self.array(len))?,
            Marker::Array32 => self.length32().and_then(|len| self.array(len))?,
            Marker::FixMap(len) => self.map(len.into())?,
            Marker::Map16 => self.length16().and_then(|len| self.map(len))?,
            Marker::Map32 => self.length32().and_then(|len| self.map(len))?,
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.length8().and_then(|len| self.extension(len))?,
            Marker::Ext16 => self.length16().and_then(|len| self.extension(len))?,
            Marker::Ext32 => self.length32().and_then(|len| self.extension(len))?,
            Marker::Reserved => {
                return Err(self.error("the byte c1, which MessagePack does not use".to_owned()));
            }
        })
    }

    fn str(&mut self, len: usize) -> Result<Head<'de>, DecodeError> {
        let bytes = self.take(len, "a string")?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Head::Str(text)),
            Err(error) => Err(self.error(format!("a string is not UTF-8: {error}"))),
        }
    }

    fn bin(&mut self, len: usize) -> Result<Head<'de>, DecodeError> {
        Ok(Head::Bin(self.take(len, "a byte string")?))
    }

    // Every item has at least one byte. So a length beyond that is refused before anything is done with it.

    fn array(&self, len: usize) -> Result<Head<'de>, DecodeError> {
        let left = self.remaining();
        if len > left {
            return Err(self.error(format!(
                "an array of {len} elements, but only {left} bytes are left"
            )));
        }
        Ok(Head::Array(len))
    }

    fn map(&self, len: usize) -> Result<Head<'de>, DecodeError> {
        let left = self.remaining();
        if len > left / 2 {
            return Err(self.error(format!("a map of {len} entries, but only {left} bytes are left")));
        }
        Ok(Head::Map(len))
    }

    fn extension(&mut self, len: usize) -> Result<Head<'de>, DecodeError> {
        let kind = i8::from_be_bytes(self.number()?);
        match kind {
            format::SOME => self.some(len),
            format::U128 if len == 16 => Ok(Head::Unsigned128(u128::from_be_bytes(self.number()?))),
            format::I128 if len == 16 => Ok(Head::Signed128(i128::from_be_bytes(self.number()?))),
            _ => Err(self.error(format!(
                "extension type {kind} of {len} bytes is not one that zen writes"
            ))),
        }
    }

    /// Checks that the payload is nil or begins with another such extension, of which nothing is read here.
    fn some(&self, len: usize) -> Result<Head<'de>, DecodeError> {
        let end = self.position.saturating_add(len);
        let Some(payload) = self.input.get(self.position..end) else {
            return Err(self.error(format!("the bytes are truncated: an extension needs {len} bytes")));
        };
        let first = payload.first().copied().map(Marker::from_u8);
        let fits = match (first, payload) {
            (Some(Marker::Null), _) => len == 1,
            (Some(Marker::FixExt1), [_, kind, ..]) => *kind == format::SOME as u8 && len == 3,
            (Some(Marker::Ext8), [_, inner, kind, ..]) => {
                *kind == format::SOME as u8 && len == usize::from(*inner) + 3
            }
            (Some(Marker::Ext16), [_, a, b, kind, ..]) => {
                *kind == format::SOME as u8 && len == usize::from(u16::from_be_bytes([*a, *b])) + 4
            }
            _ => false,
        };
        if fits {
            Ok(Head::Some { end })
        } else {
            Err(self.error("an optional nil that holds something else".to_owned()))
        }
    }
}
