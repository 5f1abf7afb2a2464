//! Rows that came as JSON.

use std::collections::HashMap;
use std::fmt;

use half::f16;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use zen_core::serving::{Datatype, PredictError, Tensor, TensorSpec};

/// Reads an array of rows into a tensor for each input.
pub(super) fn read_json(rows: &[u8], inputs: &[TensorSpec]) -> Result<Vec<Tensor>, PredictError> {
    let mut columns = inputs.iter().map(Column::new).collect::<Result<Vec<_>, _>>()?;
    let mut source = serde_json::Deserializer::from_slice(rows);
    let count = Rows(&mut columns)
        .deserialize(&mut source)
        .map_err(PredictError::input)?;
    source.end().map_err(PredictError::input)?;
    columns.into_iter().map(|column| column.finish(count)).collect()
}

/// The tensor of one input, as far as it has been read.
struct Column<'a> {
    spec: &'a TensorSpec,
    /// The sizes of a row; those that the model leaves open are set by the first row.
    sizes: Vec<Option<usize>>,
    data: Vec<u8>,
}

impl<'a> Column<'a> {
    fn new(spec: &'a TensorSpec) -> Result<Self, PredictError> {
        let Some((_, sizes)) = spec.shape.split_first() else {
            return Err(PredictError::input(format!(
                "input `{}` is a single number and no row of a batch: send tensors instead of JSON rows",
                spec.name
            )));
        };
        Ok(Self {
            spec,
            sizes: sizes.iter().map(|size| usize::try_from(*size).ok()).collect(),
            data: Vec::new(),
        })
    }

    fn finish(self, rows: usize) -> Result<Tensor, PredictError> {
        let mut shape = vec![rows];
        shape.extend(self.sizes.iter().map(|size| size.unwrap_or(0)));
        Tensor::new(&self.spec.name, self.spec.datatype, shape, self.data).map_err(PredictError::input)
    }

    /// Appends a number, which is given as a whole number too if it is written as one. Says whether it is one of the type.
    fn number(&mut self, whole: Option<i128>, float: f64) -> bool {
        macro_rules! integer {
            ($type:ty) => {
                match whole.and_then(|whole| <$type>::try_from(whole).ok()) {
                    Some(whole) => self.data.extend_from_slice(&whole.to_le_bytes()),
                    None => return false,
                }
            };
        }
        match self.spec.datatype {
            Datatype::Uint8 => integer!(u8),
            Datatype::Uint16 => integer!(u16),
            Datatype::Uint32 => integer!(u32),
            Datatype::Uint64 => integer!(u64),
            Datatype::Int8 => integer!(i8),
            Datatype::Int16 => integer!(i16),
            Datatype::Int32 => integer!(i32),
            Datatype::Int64 => integer!(i64),
            // JSON has no infinity, and what is too large for the type shall not become one.
            Datatype::Fp16 if f16::from_f64(float).is_finite() => {
                self.data.extend_from_slice(&f16::from_f64(float).to_le_bytes());
            }
            Datatype::Fp32 if (float as f32).is_finite() => {
                self.data.extend_from_slice(&(float as f32).to_le_bytes());
            }
            Datatype::Fp64 => self.data.extend_from_slice(&float.to_le_bytes()),
            _ => return false,
        }
        true
    }

    fn wrong<E: Error>(&self, found: impl fmt::Display) -> E {
        E::custom(format_args!(
            "input `{}`: {found} is no {}",
            self.spec.name, self.spec.datatype
        ))
    }
}

/// All rows; answers how many they are.
struct Rows<'a, 'b>(&'a mut [Column<'b>]);

impl<'de> DeserializeSeed<'de> for Rows<'_, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<usize, D::Error> {
        source.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<usize, A::Error> {
        let mut count = 0;
        if let [column] = &mut *self.0 {
            while rows.next_element_seed(Cell { column, depth: 0 })?.is_some() {
                count += 1;
            }
            return Ok(count);
        }
        let places = self
            .0
            .iter()
            .enumerate()
            .map(|(place, column)| (column.spec.name.as_str(), place));
        let places: HashMap<&str, usize> = places.collect();
        let columns = self.0;
        while rows
            .next_element_seed(Fields {
                columns: &mut *columns,
                places: &places,
                row: count,
            })?
            .is_some()
        {
            count += 1;
        }
        Ok(count)
    }
}

/// One row of several inputs.
struct Fields<'a, 'b> {
    columns: &'a mut [Column<'b>],
    places: &'a HashMap<&'b str, usize>,
    row: usize,
}

impl<'de> DeserializeSeed<'de> for Fields<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self
            .columns
            .iter()
            .map(|column| format!("`{}`", column.spec.name))
            .collect();
        write!(f, "an object with the inputs {}", names.join(", "))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut given = vec![false; self.columns.len()];
        while let Some(name) = fields.next_key::<String>()? {
            let Some(place) = self.places.get(name.as_str()).copied() else {
                let name: String = name.chars().take(100).collect();
                return Err(A::Error::custom(format_args!(
                    "unexpected input `{name}` in row {}",
                    self.row
                )));
            };
            if std::mem::replace(&mut given[place], true) {
                return Err(A::Error::custom(format_args!(
                    "input `{name}` is given twice in row {}",
                    self.row
                )));
            }
            let column = &mut self.columns[place];
            fields.next_value_seed(Cell { column, depth: 0 })?;
        }
        match given.iter().position(|given| !given) {
            None => Ok(()),
            Some(missing) => Err(A::Error::custom(format_args!(
                "input `{}` is missing in row {}",
                self.columns[missing].spec.name, self.row
            ))),
        }
    }
}

/// What stands in a row for one input, or a part of it.
struct Cell<'a, 'b> {
    column: &'a mut Column<'b>,
    depth: usize,
}

impl Cell<'_, '_> {
    /// An element of the tensor, when one may stand here.
    fn element<E: Error>(
        self,
        found: &dyn fmt::Display,
        write: impl FnOnce(&mut Column<'_>) -> bool,
    ) -> Result<(), E> {
        let sizes = self.column.sizes.get(self.depth..).unwrap_or_default();
        // A row of one element needs no brackets.
        let bare = self.depth == 0 && sizes == [Some(1)];
        if !sizes.is_empty() && !bare {
            let name = &self.column.spec.name;
            return Err(E::custom(format_args!(
                "input `{name}`: expected an array, not {found}"
            )));
        }
        match write(self.column) {
            true => Ok(()),
            false => Err(self.column.wrong(found)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Cell<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} or an array of them for input `{}`",
            self.column.spec.datatype, self.column.spec.name
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<(), A::Error> {
        let Self { column, depth } = self;
        let Some(size) = column.sizes.get(depth).copied() else {
            return Err(column.wrong("an array"));
        };
        let mut count = 0;
        while parts
            .next_element_seed(Cell {
                column: &mut *column,
                depth: depth + 1,
            })?
            .is_some()
        {
            count += 1;
        }
        match size.or(column.sizes[depth]) {
            Some(size) if size != count => Err(A::Error::custom(format_args!(
                "input `{}`: an array has {count} elements where it must have {size}, as the model says or the first row has",
                column.spec.name
            ))),
            Some(_) => Ok(()),
            None => {
                column.sizes[depth] = Some(count);
                Ok(())
            }
        }
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<(), E> {
        self.element(&yes, |column| {
            column.data.push(u8::from(yes));
            column.spec.datatype == Datatype::Bool
        })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.element(&number, |column| {
            column.number(Some(number.into()), number as f64)
        })
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.element(&number, |column| {
            column.number(Some(number.into()), number as f64)
        })
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.element(&number, |column| column.number(None, number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.element(&"text", |column| match u32::try_from(text.len()) {
            Ok(length) if column.spec.datatype == Datatype::Bytes => {
                column.data.extend_from_slice(&length.to_le_bytes());
                column.data.extend_from_slice(text.as_bytes());
                true
            }
            _ => false,
        })
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.element(&"null", |_| false)
    }
}
