//! Maps while they are written: their entries are sorted by encoded key at the end.

use std::ops::Range;

use serde::ser::{self, Serialize};

use super::encode_error::EncodeError;
use super::encoder::{Encoder, length};

/// An open map.
#[derive(Debug)]
pub(super) struct SortedMap<'a, 'w> {
    encoder: &'a mut Encoder<'w>,
    /// Where the header is, or where room was left for it.
    header: usize,
    room: usize,
    entries: Vec<Entry>,
}

/// Places in the encoder's buffer.
#[derive(Debug)]
struct Entry {
    key: usize,
    value: usize,
    end: usize,
}

impl Entry {
    fn key(&self) -> Range<usize> {
        self.key..self.value
    }

    fn lacks_value(&self) -> bool {
        self.value == self.end
    }

    fn all(&self) -> Range<usize> {
        self.key..self.end
    }
}

impl<'a, 'w> SortedMap<'a, 'w> {
    pub(super) fn new(encoder: &'a mut Encoder<'w>, len: Option<usize>) -> Result<Self, EncodeError> {
        encoder.enter()?;
        encoder.hold();
        let header = encoder.buf.len();
        // Right in most cases, and then nothing has to move at the end.
        encoder.map(len.unwrap_or(0))?;
        let room = encoder.buf.len() - header;
        Ok(Self {
            encoder,
            header,
            room,
            entries: Vec::new(),
        })
    }

    fn expect_complete(&self) -> Result<(), EncodeError> {
        if self.entries.last().is_some_and(Entry::lacks_value) {
            return Err(EncodeError::Unsupported(
                "the type's Serialize wrote a map key without a value".to_owned(),
            ));
        }
        Ok(())
    }

    fn finish(self) -> Result<(), EncodeError> {
        let Self {
            encoder,
            header,
            room,
            mut entries,
        } = self;
        let mut new_header = Vec::new();
        rmp::encode::write_map_len(&mut new_header, length("a map", entries.len())?)?;

        let buf = &mut encoder.buf;
        if new_header.len() == room && entries.is_sorted_by_key(|entry| &buf[entry.key()]) {
            buf[header..header + room].copy_from_slice(&new_header);
        } else {
            // Stable: equal keys stay in the order in which the type's Serialize gave them.
            entries.sort_by(|a, b| buf[a.key()].cmp(&buf[b.key()]));
            let mut sorted = Vec::with_capacity(buf.len() - header);
            for entry in &entries {
                sorted.extend_from_slice(&buf[entry.all()]);
            }
            buf.truncate(header);
            buf.extend_from_slice(&new_header);
            buf.extend_from_slice(&sorted);
        }
        encoder.release();
        encoder.leave(1);
        Ok(())
    }
}

impl ser::SerializeMap for SortedMap<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.expect_complete()?;
        let start = self.encoder.buf.len();
        key.serialize(&mut *self.encoder)?;
        let end = self.encoder.buf.len();
        self.entries.push(Entry {
            key: start,
            value: end,
            end,
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut *self.encoder)?;
        match self.entries.last_mut() {
            Some(entry) if entry.lacks_value() => {
                entry.end = self.encoder.buf.len();
                Ok(())
            }
            _ => Err(EncodeError::Unsupported(
                "the type's Serialize wrote a map value without a key".to_owned(),
            )),
        }
    }

    fn end(self) -> Result<(), EncodeError> {
        self.expect_complete()?;
        self.finish()
    }
}
