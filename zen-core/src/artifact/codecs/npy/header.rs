//! What stands before an array's data.

use std::io::{self, Read};

use super::dtype::Dtype;
use super::literal::Literal;
use super::malformed;
use crate::artifact::codec::CodecError;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The data begins at a multiple of this, so that it can be mapped into memory.
const ALIGNMENT: usize = 64;

/// NumPy's own limit. With it, no header needs more than the 64 KiB of format version 1.0.
const MAX_DIMENSIONS: usize = 64;

#[derive(Debug)]
pub(super) struct Header {
    pub(super) dtype: String,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
}

/// The header of an array in C order.
pub(super) fn write(dtype: Dtype, shape: &[usize]) -> Result<Vec<u8>, CodecError> {
    if shape.len() > MAX_DIMENSIONS {
        return Err(CodecError::Unsupported(format!(
            "npy has no arrays of more than {MAX_DIMENSIONS} dimensions; this one has {}",
            shape.len()
        )));
    }
    let mut text = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': (",
        dtype.descr()
    );
    for (index, len) in shape.iter().enumerate() {
        text += &if index == 0 {
            format!("{len},")
        } else {
            format!(" {len},")
        };
    }
    // Only the tuple of one element has a comma at its end.
    if shape.len() > 1 {
        text.pop();
    }
    text += "), }";

    let before = MAGIC.len() + 4;
    let len = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before;
    let announced =
        u16::try_from(len).map_err(|_| CodecError::Unsupported("the npy header is too long".to_owned()))?;
    let mut bytes = Vec::with_capacity(before + len);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[1, 0]);
    bytes.extend_from_slice(&announced.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.resize(before + len - 1, b' ');
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads as many bytes as there are of a header. A length that is announced is not believed.
pub(super) fn read_from(reader: &mut dyn io::Read) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    let mut more = |bytes: &mut Vec<u8>, count: u64| Read::take(&mut *reader, count).read_to_end(bytes);
    more(&mut bytes, MAGIC.len() as u64 + 4)?;
    let length = match bytes[..] {
        [_, _, _, _, _, _, 1, 0, a, b] => u16::from_le_bytes([a, b]).into(),
        [_, _, _, _, _, _, 2 | 3, 0, a, b] => {
            let mut high = Vec::new();
            more(&mut high, 2)?;
            bytes.extend_from_slice(&high);
            match high[..] {
                [c, d] => u32::from_le_bytes([a, b, c, d]).into(),
                _ => 0,
            }
        }
        // Too short, or something else: `read` says so.
        _ => 0,
    };
    more(&mut bytes, length)?;
    Ok(bytes)
}

/// The header, and the bytes after it.
pub(super) fn read(bytes: &[u8]) -> Result<(Header, &[u8]), CodecError> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(malformed("the bytes do not begin as an npy file does".to_owned()));
    };
    let parts = match rest {
        [1, 0, a, b, rest @ ..] => rest.split_at_checked(u16::from_le_bytes([*a, *b]).into()),
        [2 | 3, 0, a, b, c, d, rest @ ..] => usize::try_from(u32::from_le_bytes([*a, *b, *c, *d]))
            .ok()
            .and_then(|len| rest.split_at_checked(len)),
        [1, 0, ..] | [2 | 3, 0, ..] => None,
        [major, minor, ..] => {
            return Err(malformed(format!(
                "expected format version 1.0, 2.0 or 3.0, found {major}.{minor}"
            )));
        }
        _ => None,
    };
    let Some((text, data)) = parts else {
        return Err(malformed("the bytes are truncated in the header".to_owned()));
    };
    Ok((parse(text)?, data))
}

fn parse(text: &[u8]) -> Result<Header, CodecError> {
    let (mut dtype, mut fortran_order, mut shape) = (None, None, None);
    let mut literal = Literal::new(text);
    literal.expect(b'{')?;
    while !literal.accept(b'}') {
        let key = literal.string()?;
        literal.expect(b':')?;
        match key.as_str() {
            "descr" => dtype = Some(literal.string()?),
            "fortran_order" => fortran_order = Some(literal.bool()?),
            "shape" => shape = Some(literal.tuple(MAX_DIMENSIONS)?),
            _ => return Err(literal.error("`descr`, `fortran_order` or `shape`")),
        }
        if !literal.accept(b',') {
            literal.expect(b'}')?;
            break;
        }
    }
    literal.end()?;
    match (dtype, fortran_order, shape) {
        (Some(dtype), Some(fortran_order), Some(shape)) => Ok(Header {
            dtype,
            fortran_order,
            shape,
        }),
        _ => Err(malformed(
            "the header lacks `descr`, `fortran_order` or `shape`".to_owned(),
        )),
    }
}

/// How many bytes of data an array has.
pub(super) fn data_len(shape: &[usize], element: usize) -> Result<usize, CodecError> {
    // Lengths of zero are left out: the lengths of the other axes must be possible in any case.
    let possible = shape
        .iter()
        .filter(|len| **len > 0)
        .try_fold(element, |all, len| all.checked_mul(*len));
    match possible {
        Some(len) if isize::try_from(len).is_ok() => Ok(if shape.contains(&0) { 0 } else { len }),
        _ => Err(malformed(format!("no array can have shape {shape:?}"))),
    }
}
