//! Sequences, tuples and structs while they are written.

use serde::ser::{self, Serialize};

use super::encode_error::EncodeError;
use super::encoder::Encoder;

/// An open array, or an open map whose entries keep their order.
#[derive(Debug)]
pub(super) struct Compound<'a, 'w> {
    encoder: &'a mut Encoder<'w>,
    length: Length,
    started: usize,
    written: usize,
    /// Levels of nesting to leave at the end.
    levels: usize,
}

#[derive(Debug)]
enum Length {
    /// Stands in the header that is already written.
    Announced(usize),
    /// The header is to be inserted here in the buffer.
    Unknown { header: usize },
}

impl<'a, 'w> Compound<'a, 'w> {
    /// `levels` counts this array and what was entered just for it.
    pub(super) fn array(
        encoder: &'a mut Encoder<'w>,
        len: usize,
        levels: usize,
    ) -> Result<Self, EncodeError> {
        encoder.enter()?;
        encoder.array(len)?;
        Ok(Self {
            encoder,
            length: Length::Announced(len),
            started: 0,
            written: 0,
            levels,
        })
    }

    pub(super) fn array_of_unknown_length(encoder: &'a mut Encoder<'w>) -> Result<Self, EncodeError> {
        encoder.enter()?;
        encoder.begin();
        encoder.hold();
        let header = encoder.buf.len();
        Ok(Self {
            encoder,
            length: Length::Unknown { header },
            started: 0,
            written: 0,
            levels: 1,
        })
    }

    pub(super) fn record(
        encoder: &'a mut Encoder<'w>,
        len: usize,
        levels: usize,
    ) -> Result<Self, EncodeError> {
        encoder.enter()?;
        encoder.map(len)?;
        Ok(Self {
            encoder,
            length: Length::Announced(len),
            started: 0,
            written: 0,
            levels,
        })
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.started += 1;
        value.serialize(&mut *self.encoder)?;
        self.written += 1;
        self.encoder.pass_on()
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), EncodeError> {
        self.encoder.str(name)?;
        self.element(value)
    }

    fn finish(self) -> Result<(), EncodeError> {
        // A type that goes on after an element failed would leave half of that element in the output.
        let complete = self.started == self.written;
        match self.length {
            Length::Announced(len) if complete && len == self.written => {}
            Length::Unknown { header } if complete => {
                let elements = self.encoder.buf.split_off(header);
                self.encoder.array(self.written)?;
                self.encoder.buf.extend_from_slice(&elements);
                self.encoder.release();
            }
            Length::Announced(len) => {
                return Err(EncodeError::Unsupported(format!(
                    "the type's Serialize announced {len} elements or fields and wrote {}",
                    self.written
                )));
            }
            Length::Unknown { .. } => {
                return Err(EncodeError::Unsupported(
                    "the type's Serialize went on after an element failed".to_owned(),
                ));
            }
        }
        self.encoder.leave(self.levels);
        Ok(())
    }
}

impl ser::SerializeSeq for Compound<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}

impl ser::SerializeTuple for Compound<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}

impl ser::SerializeTupleStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}

impl ser::SerializeTupleVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}

impl ser::SerializeStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}

impl ser::SerializeStructVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}
