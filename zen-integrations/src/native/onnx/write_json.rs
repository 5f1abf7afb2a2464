//! Predictions as JSON.

use half::f16;
use zen_core::serving::{Datatype, Number, PredictError, Tensor};

/// Writes the rows of outputs.
pub(super) fn write_json(outputs: &[Tensor], rows: usize) -> Result<Vec<u8>, PredictError> {
    let mut columns = outputs
        .iter()
        .map(|output| Column::new(output, rows))
        .collect::<Result<Vec<_>, _>>()?;
    let mut out = vec![b'['];
    for row in 0..rows {
        if row > 0 {
            out.push(b',');
        }
        match columns.as_mut_slice() {
            [only] => only.write_row(&mut out),
            several => {
                for (place, column) in several.iter_mut().enumerate() {
                    out.push(if place == 0 { b'{' } else { b',' });
                    out.extend_from_slice(&column.key);
                    column.write_row(&mut out);
                }
                out.push(b'}');
            }
        }
    }
    out.push(b']');
    Ok(out)
}

/// An output whose rows are written one by one.
struct Column<'a> {
    /// The name as JSON and a colon.
    key: Vec<u8>,
    /// The shape of a row.
    sizes: &'a [usize],
    datatype: Datatype,
    data: &'a [u8],
}

impl<'a> Column<'a> {
    fn new(output: &'a Tensor, rows: usize) -> Result<Self, PredictError> {
        match output.shape().split_first() {
            Some((first, sizes)) if *first == rows => {
                let mut key = serde_json::to_vec(output.name()).map_err(PredictError::model)?;
                key.push(b':');
                Ok(Self {
                    key,
                    sizes,
                    datatype: output.datatype(),
                    data: output.data(),
                })
            }
            _ => Err(PredictError::model(format!(
                "output `{}` has the shape {:?}, which is not one row for each of the {rows} of the input: ask for tensors instead \
                 of JSON rows",
                output.name(),
                output.shape()
            ))),
        }
    }

    fn write_row(&mut self, out: &mut Vec<u8>) {
        self.write(self.sizes, out);
    }

    fn write(&mut self, sizes: &[usize], out: &mut Vec<u8>) {
        let Some((size, inner)) = sizes.split_first() else {
            return self.write_element(out);
        };
        out.push(b'[');
        for place in 0..*size {
            if place > 0 {
                out.push(b',');
            }
            self.write(inner, out);
        }
        out.push(b']');
    }

    fn write_element(&mut self, out: &mut Vec<u8>) {
        match self.datatype {
            Datatype::Bool => match self.take(1) {
                [0] => out.extend_from_slice(b"false"),
                _ => out.extend_from_slice(b"true"),
            },
            Datatype::Uint8 => self.number::<u8>(out),
            Datatype::Uint16 => self.number::<u16>(out),
            Datatype::Uint32 => self.number::<u32>(out),
            Datatype::Uint64 => self.number::<u64>(out),
            Datatype::Int8 => self.number::<i8>(out),
            Datatype::Int16 => self.number::<i16>(out),
            Datatype::Int32 => self.number::<i32>(out),
            Datatype::Int64 => self.number::<i64>(out),
            Datatype::Fp32 => self.number::<f32>(out),
            Datatype::Fp64 => self.number::<f64>(out),
            Datatype::Fp16 => {
                let bytes = self.take(2).first_chunk().copied().unwrap_or_default();
                json(f16::from_le_bytes(bytes).to_f32(), out);
            }
            _ => {
                let length = u32::read_one(self.take(4));
                let text = self.take(usize::try_from(length).unwrap_or(usize::MAX));
                json(String::from_utf8_lossy(text), out);
            }
        }
    }

    fn number<N: Number + serde::Serialize>(&mut self, out: &mut Vec<u8>) {
        json(N::read_one(self.take(size_of::<N>())), out);
    }

    /// The next bytes; the tensor was made with as many as its shape needs.
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.data.split_at(length.min(self.data.len()));
        self.data = rest;
        taken
    }
}

/// Numbers and text always have a form in JSON (what is not finite is `null`), and a vector takes all bytes.
fn json(value: impl serde::Serialize, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, &value);
}
