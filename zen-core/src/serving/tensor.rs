//! Tensors as the Open Inference Protocol knows them.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The type of a tensor's elements, with the names of the Open Inference Protocol (version 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Datatype {
    /// One byte, 0 or 1.
    Bool,
    /// Unsigned, 1 byte.
    Uint8,
    /// Unsigned, 2 bytes.
    Uint16,
    /// Unsigned, 4 bytes.
    Uint32,
    /// Unsigned, 8 bytes.
    Uint64,
    /// Signed, 1 byte.
    Int8,
    /// Signed, 2 bytes.
    Int16,
    /// Signed, 4 bytes.
    Int32,
    /// Signed, 8 bytes.
    Int64,
    /// IEEE 754 half precision.
    Fp16,
    /// IEEE 754 single precision.
    Fp32,
    /// IEEE 754 double precision.
    Fp64,
    /// The upper half of a single-precision number; an extension that Triton has.
    Bf16,
    /// Byte strings of any length: text too.
    Bytes,
}

impl Datatype {
    /// All types.
    pub const ALL: [Datatype; 14] = [
        Datatype::Bool,
        Datatype::Uint8,
        Datatype::Uint16,
        Datatype::Uint32,
        Datatype::Uint64,
        Datatype::Int8,
        Datatype::Int16,
        Datatype::Int32,
        Datatype::Int64,
        Datatype::Fp16,
        Datatype::Fp32,
        Datatype::Fp64,
        Datatype::Bf16,
        Datatype::Bytes,
    ];

    /// The name on the wire: `FP32`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Datatype::Bool => "BOOL",
            Datatype::Uint8 => "UINT8",
            Datatype::Uint16 => "UINT16",
            Datatype::Uint32 => "UINT32",
            Datatype::Uint64 => "UINT64",
            Datatype::Int8 => "INT8",
            Datatype::Int16 => "INT16",
            Datatype::Int32 => "INT32",
            Datatype::Int64 => "INT64",
            Datatype::Fp16 => "FP16",
            Datatype::Fp32 => "FP32",
            Datatype::Fp64 => "FP64",
            Datatype::Bf16 => "BF16",
            Datatype::Bytes => "BYTES",
        }
    }

    /// The size of an element in bytes; none for [`Datatype::Bytes`], whose elements vary.
    pub const fn size(self) -> Option<usize> {
        match self {
            Datatype::Bool | Datatype::Uint8 | Datatype::Int8 => Some(1),
            Datatype::Uint16 | Datatype::Int16 | Datatype::Fp16 | Datatype::Bf16 => Some(2),
            Datatype::Uint32 | Datatype::Int32 | Datatype::Fp32 => Some(4),
            Datatype::Uint64 | Datatype::Int64 | Datatype::Fp64 => Some(8),
            Datatype::Bytes => None,
        }
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no datatype.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no datatype of the Open Inference Protocol (BOOL, UINT8..64, INT8..64, FP16, FP32, FP64, BF16, BYTES)"
)]
pub struct ParseDatatypeError(pub String);

impl FromStr for Datatype {
    type Err = ParseDatatypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Datatype::ALL
            .into_iter()
            .find(|datatype| datatype.as_str() == text)
            .ok_or_else(|| ParseDatatypeError(text.chars().take(40).collect()))
    }
}

/// What a model says of one of its inputs or outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorSpec {
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub datatype: Datatype,
    /// Its shape with the batch first; -1 for a dimension that may have any size, such as the batch.
    pub shape: Vec<i64>,
}

/// A named array of numbers or byte strings.
///
/// The elements are kept as they are on the wire: row-major, little-endian, without padding; booleans as one byte; each byte string
/// as its length in four bytes and the bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    name: String,
    datatype: Datatype,
    shape: Vec<usize>,
    data: Bytes,
}

/// A tensor's parts don't fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The shape is too large to be counted.
    #[error("tensor `{name}`: the shape {shape:?} has more elements than can be counted")]
    Overflow {
        /// The tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// There are more or fewer bytes than the shape needs.
    #[error(
        "tensor `{name}`: the shape {shape:?} of {datatype} needs {expected} bytes, and there are {found}"
    )]
    Length {
        /// The tensor.
        name: String,
        /// Its type.
        datatype: Datatype,
        /// Its shape.
        shape: Vec<usize>,
        /// The bytes its shape needs.
        expected: usize,
        /// The bytes there are.
        found: usize,
    },
    /// A byte string's length reaches beyond the end, or there are more or fewer strings than the shape needs.
    #[error("tensor `{name}`: {reason}")]
    Malformed {
        /// The tensor.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

impl Tensor {
    /// A tensor of this content, laid out as described for the type.
    ///
    /// # Errors
    /// When the shape and the bytes don't fit together, or a boolean is neither 0 nor 1.
    pub fn new(
        name: impl Into<String>,
        datatype: Datatype,
        shape: Vec<usize>,
        data: impl Into<Bytes>,
    ) -> Result<Self, TensorError> {
        let (name, data) = (name.into(), data.into());
        let Some(elements) = shape.iter().try_fold(1usize, |all, size| all.checked_mul(*size)) else {
            return Err(TensorError::Overflow { name, shape });
        };
        match datatype.size() {
            Some(size) => match elements.checked_mul(size) {
                Some(expected) if expected == data.len() => {}
                Some(expected) => {
                    return Err(TensorError::Length {
                        name,
                        datatype,
                        shape,
                        expected,
                        found: data.len(),
                    });
                }
                None => return Err(TensorError::Overflow { name, shape }),
            },
            None => check_strings(&name, elements, &data)?,
        }
        if datatype == Datatype::Bool
            && let Some(other) = data.iter().find(|byte| **byte > 1)
        {
            let reason = format!("a BOOL is the byte 0 or 1, not {other}");
            return Err(TensorError::Malformed { name, reason });
        }
        Ok(Self {
            name,
            datatype,
            shape,
            data,
        })
    }

    /// A tensor of byte strings.
    ///
    /// # Errors
    /// When the shape doesn't have as many elements, or a string is longer than 4 GiB.
    pub fn of_bytes<S: AsRef<[u8]>>(
        name: impl Into<String>,
        shape: Vec<usize>,
        strings: impl IntoIterator<Item = S>,
    ) -> Result<Self, TensorError> {
        let name = name.into();
        let mut data = Vec::new();
        for string in strings {
            let string = string.as_ref();
            let Ok(length) = u32::try_from(string.len()) else {
                let reason = format!("a byte string of {} bytes is longer than 4 GiB", string.len());
                return Err(TensorError::Malformed { name, reason });
            };
            data.extend_from_slice(&length.to_le_bytes());
            data.extend_from_slice(string);
        }
        Self::new(name, Datatype::Bytes, shape, data)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same content under another name.
    #[must_use]
    pub fn renamed(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The type of its elements.
    pub fn datatype(&self) -> Datatype {
        self.datatype
    }

    /// Its shape, the batch first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many elements it has.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Its content, laid out as described for the type.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The byte strings of a [`Datatype::Bytes`] tensor; empty for any other.
    pub fn strings(&self) -> Strings<'_> {
        Strings(match self.datatype {
            Datatype::Bytes => &self.data,
            _ => &[],
        })
    }

    /// The elements as numbers of this type, when that is the tensor's type.
    pub fn values<T: super::Number>(&self) -> Option<Vec<T>> {
        (self.datatype == T::DATATYPE).then(|| T::read_all(&self.data))
    }
}

/// The byte strings of a tensor, in order.
#[derive(Debug, Clone)]
pub struct Strings<'a>(&'a [u8]);

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (string, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(string)
    }
}

fn check_strings(name: &str, elements: usize, data: &[u8]) -> Result<(), TensorError> {
    let mut strings = Strings(data);
    let found = strings.by_ref().count();
    let reason = if !strings.0.is_empty() {
        format!("byte string {found} is cut off: its length reaches beyond the end of the data")
    } else if found != elements {
        format!("the shape has {elements} elements, and there are {found} byte strings")
    } else {
        return Ok(());
    };
    Err(TensorError::Malformed {
        name: name.to_owned(),
        reason,
    })
}
