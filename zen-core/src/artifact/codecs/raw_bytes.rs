//! Bytes as they are.

use std::io;

use bytes::Bytes;

use crate::artifact::codec::{Codec, CodecError, CodecInfo, Description, read_all};

/// Stores `Vec<u8>` and [`Bytes`] without any framing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RawBytes;

const INFO: CodecInfo = CodecInfo {
    name: "bytes",
    version: 1,
    media_type: "application/octet-stream",
};

fn describe(bytes: &[u8]) -> Description {
    Description {
        shape: Some(vec![bytes.len() as u64]),
        summary: Some(format!("{} bytes", bytes.len())),
        statistics: None,
    }
}

impl Codec<Vec<u8>> for RawBytes {
    fn info(&self) -> CodecInfo {
        INFO
    }

    fn encode(&self, value: &Vec<u8>, out: &mut dyn io::Write) -> Result<(), CodecError> {
        Ok(out.write_all(value)?)
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<Vec<u8>, CodecError> {
        Ok(bytes.to_vec())
    }

    fn decode_from(
        &self,
        reader: &mut dyn io::Read,
        size: u64,
        _version: u32,
    ) -> Result<Vec<u8>, CodecError> {
        Ok(read_all(reader, size)?)
    }

    fn describe(&self, value: &Vec<u8>) -> Description {
        describe(value)
    }
}

impl Codec<Bytes> for RawBytes {
    fn info(&self) -> CodecInfo {
        INFO
    }

    fn encode(&self, value: &Bytes, out: &mut dyn io::Write) -> Result<(), CodecError> {
        Ok(out.write_all(value)?)
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<Bytes, CodecError> {
        Ok(Bytes::copy_from_slice(bytes))
    }

    fn decode_from(&self, reader: &mut dyn io::Read, size: u64, _version: u32) -> Result<Bytes, CodecError> {
        Ok(read_all(reader, size)?.into())
    }

    fn share(&self, value: &Bytes) -> Option<Bytes> {
        Some(value.clone())
    }

    fn describe(&self, value: &Bytes) -> Description {
        describe(value)
    }
}
