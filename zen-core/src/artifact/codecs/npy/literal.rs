//! Just as much of Python's syntax as npy headers use.

use super::malformed;
use crate::artifact::codec::CodecError;

#[derive(Debug)]
pub(super) struct Literal<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Literal<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, position: 0 }
    }

    pub(super) fn error(&self, expected: &str) -> CodecError {
        malformed(format!(
            "expected {expected} before byte {} of the header's text",
            self.position
        ))
    }

    /// The next byte that is not space.
    fn next(&mut self) -> Option<u8> {
        let space = self.text[self.position..]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        self.position += space;
        self.text.get(self.position).copied()
    }

    /// Whether the next byte was this one, which then is read.
    pub(super) fn accept(&mut self, byte: u8) -> bool {
        let found = self.next() == Some(byte);
        self.position += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, byte: u8) -> Result<(), CodecError> {
        if self.accept(byte) {
            Ok(())
        } else {
            Err(self.error(&format!("`{}`", char::from(byte))))
        }
    }

    pub(super) fn end(&mut self) -> Result<(), CodecError> {
        if self.next().is_none() {
            Ok(())
        } else {
            Err(self.error("the end"))
        }
    }

    /// A string without escapes.
    pub(super) fn string(&mut self) -> Result<String, CodecError> {
        let quote = match self.next() {
            Some(quote @ (b'\'' | b'"')) => quote,
            Some(b'[') => return Err(malformed("the elements are records, expected numbers".to_owned())),
            _ => return Err(self.error("a string")),
        };
        let rest = &self.text[self.position + 1..];
        let Some(len) = rest.iter().position(|byte| *byte == quote) else {
            return Err(self.error("the end of a string"));
        };
        self.position += len + 2;
        Ok(String::from_utf8_lossy(&rest[..len]).into_owned())
    }

    fn word(&mut self) -> &'a str {
        self.next();
        let rest = &self.text[self.position..];
        let len = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        self.position += len;
        std::str::from_utf8(&rest[..len]).unwrap_or_default()
    }

    pub(super) fn bool(&mut self) -> Result<bool, CodecError> {
        match self.word() {
            "True" => Ok(true),
            "False" => Ok(false),
            _ => Err(self.error("`True` or `False`")),
        }
    }

    /// A tuple of lengths.
    pub(super) fn tuple(&mut self, limit: usize) -> Result<Vec<usize>, CodecError> {
        let mut lengths = Vec::new();
        self.expect(b'(')?;
        while !self.accept(b')') {
            // Python 2 wrote long integers as `3L`.
            match self.word().trim_end_matches('L').parse() {
                Ok(length) => lengths.push(length),
                Err(_) => return Err(self.error("the length of an axis")),
            }
            if lengths.len() > limit {
                return Err(malformed(format!("the array has more than {limit} dimensions")));
            }
            if !self.accept(b',') {
                self.expect(b')')?;
                break;
            }
        }
        Ok(lengths)
    }
}
