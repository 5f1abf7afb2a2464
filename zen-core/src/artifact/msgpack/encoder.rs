//! Writes MessagePack items into a buffer that is passed on to a sink whenever it is large enough.

use std::fmt;
use std::io;

use rmp::Marker;
use rmp::encode as primitive;

use super::encode_error::EncodeError;
use super::format;

/// Calls to a sink are few, each with at least this many bytes.
const PIECE: usize = 64 * 1024;

pub(super) struct Encoder<'w> {
    pub(super) buf: Vec<u8>,
    sink: Option<&'w mut dyn io::Write>,
    /// How many compounds are open that still have to change bytes in `buf`, which therefore must stay there.
    holds: usize,
    depth: usize,
    /// How many `Some`s have been entered since the last item: they are only written if that item is nil.
    somes: usize,
}

impl fmt::Debug for Encoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("buffered", &self.buf.len())
            .field("depth", &self.depth)
            .finish()
    }
}

impl<'w> Encoder<'w> {
    pub(super) fn in_memory() -> Self {
        Self {
            buf: Vec::new(),
            sink: None,
            holds: 0,
            depth: 0,
            somes: 0,
        }
    }

    pub(super) fn to_sink(sink: &'w mut dyn io::Write) -> Self {
        Self {
            sink: Some(sink),
            ..Self::in_memory()
        }
    }

    /// Passes on the rest to the sink; without a sink, returns everything that was encoded.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, EncodeError> {
        if let Some(sink) = self.sink.take() {
            sink.write_all(&self.buf)?;
            self.buf.clear();
        }
        Ok(self.buf)
    }

    /// Called between items. Passes on what was written once it is worth a call.
    #[inline]
    pub(super) fn pass_on(&mut self) -> Result<(), EncodeError> {
        if self.buf.len() >= PIECE {
            self.pass_on_now()
        } else {
            Ok(())
        }
    }

    fn pass_on_now(&mut self) -> Result<(), EncodeError> {
        if let (Some(sink), 0) = (&mut self.sink, self.holds) {
            sink.write_all(&self.buf)?;
            self.buf.clear();
        }
        Ok(())
    }

    /// Keeps everything from here on in the buffer until [`release`](Self::release).
    pub(super) fn hold(&mut self) {
        self.holds += 1;
    }

    pub(super) fn release(&mut self) {
        self.holds -= 1;
    }

    /// Enters a compound. The limit counts what the decoder counts: what can be encoded can be decoded.
    pub(super) fn enter(&mut self) -> Result<(), EncodeError> {
        if self.depth == format::MAX_DEPTH {
            return Err(EncodeError::Unsupported(format!(
                "the value is nested more than {} levels deep",
                format::MAX_DEPTH
            )));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self, levels: usize) {
        self.depth -= levels;
    }

    pub(super) fn enter_some(&mut self) -> Result<(), EncodeError> {
        self.enter()?;
        self.somes += 1;
        Ok(())
    }

    /// Writes nil, inside as many [`format::SOME`] extensions as `Some`s surround it.
    pub(super) fn nil(&mut self) -> Result<(), EncodeError> {
        let mut item = vec![];
        primitive::write_nil(&mut item)?;
        for _ in 0..std::mem::take(&mut self.somes) {
            let mut outer = vec![];
            primitive::write_ext_meta(&mut outer, length("an extension", item.len())?, format::SOME)?;
            outer.append(&mut item);
            item = outer;
        }
        self.buf.extend_from_slice(&item);
        Ok(())
    }

    pub(super) fn bool(&mut self, value: bool) -> Result<(), EncodeError> {
        self.somes = 0;
        Ok(primitive::write_bool(&mut self.buf, value)?)
    }

    pub(super) fn signed(&mut self, value: i64) -> Result<(), EncodeError> {
        self.somes = 0;
        primitive::write_sint(&mut self.buf, value)?;
        Ok(())
    }

    pub(super) fn unsigned(&mut self, value: u64) -> Result<(), EncodeError> {
        self.somes = 0;
        primitive::write_uint(&mut self.buf, value)?;
        Ok(())
    }

    /// Writes 16 bytes as an extension.
    pub(super) fn wide(&mut self, kind: i8, bytes: [u8; 16]) -> Result<(), EncodeError> {
        self.somes = 0;
        primitive::write_ext_meta(&mut self.buf, 16, kind)?;
        self.buf.extend_from_slice(&bytes);
        Ok(())
    }

    // Floats are the bulk of what is encoded. Marker and number in one go are faster than `rmp`'s two writes.

    #[inline]
    pub(super) fn float32(&mut self, value: f32) {
        self.somes = 0;
        let mut item = [Marker::F32.to_u8(); 5];
        item[1..].copy_from_slice(&value.to_be_bytes());
        self.buf.extend_from_slice(&item);
    }

    #[inline]
    pub(super) fn float64(&mut self, value: f64) {
        self.somes = 0;
        let mut item = [Marker::F64.to_u8(); 9];
        item[1..].copy_from_slice(&value.to_be_bytes());
        self.buf.extend_from_slice(&item);
    }

    pub(super) fn str(&mut self, text: &str) -> Result<(), EncodeError> {
        self.somes = 0;
        primitive::write_str_len(&mut self.buf, length("a string", text.len())?)?;
        self.content(text.as_bytes())
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.somes = 0;
        primitive::write_bin_len(&mut self.buf, length("a byte string", bytes.len())?)?;
        self.content(bytes)
    }

    /// Large contents are not copied into the buffer when they can go to the sink directly.
    fn content(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        match &mut self.sink {
            Some(sink) if self.holds == 0 && bytes.len() >= PIECE => {
                sink.write_all(&self.buf)?;
                self.buf.clear();
                sink.write_all(bytes)?;
            }
            _ => self.buf.extend_from_slice(bytes),
        }
        Ok(())
    }

    pub(super) fn array(&mut self, len: usize) -> Result<(), EncodeError> {
        self.somes = 0;
        primitive::write_array_len(&mut self.buf, length("a sequence", len)?)?;
        Ok(())
    }

    pub(super) fn map(&mut self, len: usize) -> Result<(), EncodeError> {
        self.somes = 0;
        primitive::write_map_len(&mut self.buf, length("a map", len)?)?;
        Ok(())
    }

    /// For items whose header is written last.
    pub(super) fn begin(&mut self) {
        self.somes = 0;
    }
}

/// The length, if MessagePack can hold it.
pub(super) fn length(what: &str, len: usize) -> Result<u32, EncodeError> {
    u32::try_from(len).map_err(|_| EncodeError::too_long(what, len))
}
