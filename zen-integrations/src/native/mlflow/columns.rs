//! `inputs` as an object: a list of values for each input.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::quoted;
use super::payload::as_it_is;
use super::table::{Form, elements, end, keys, next, places};

/// The rows of columns.
pub(super) fn read(inputs: &RawValue, form: Form<'_>) -> Result<Vec<u8>, String> {
    let columns = fields(inputs, "`inputs`")?;
    let (names, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let specs = match form {
        Form::Values(input) | Form::Lists(input) => std::slice::from_ref(input),
        Form::Objects(inputs) => inputs,
    };
    let places = places(&names, specs)?;
    if let (Form::Values(input) | Form::Lists(input), [rows]) = (form, columns.as_slice()) {
        return as_it_is(
            rows,
            &format!("the column {} must be a list", quoted(&input.name)),
        );
    }
    let mut ordered: Vec<Vec<&RawValue>> = Vec::with_capacity(specs.len());
    for (place, spec) in places.into_iter().zip(specs) {
        let what = format!("the column {}", quoted(&spec.name));
        let column = columns
            .get(place)
            .map_or(Ok(Vec::new()), |column| elements(column, &what))?;
        if let Some(first) = ordered.first()
            && first.len() != column.len()
        {
            return Err(format!(
                "{what} has {} values, and those before it have {}",
                column.len(),
                first.len()
            ));
        }
        ordered.push(column);
    }
    let keys = keys(specs);
    let mut out = Vec::with_capacity(inputs.get().len());
    for row in 0..ordered.first().map_or(0, Vec::len) {
        next(&mut out, b"{");
        for (key, cell) in keys
            .iter()
            .zip(ordered.iter().filter_map(|column| column.get(row)))
        {
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(cell.get().as_bytes());
        }
        out.push(b'}');
    }
    Ok(end(out))
}

/// The fields of an object, with those that come twice.
pub(super) fn fields<'a>(
    object: &'a RawValue,
    what: &str,
) -> Result<Vec<(Cow<'a, str>, &'a RawValue)>, String> {
    let Fields(fields) =
        serde_json::from_str(object.get()).map_err(|_| format!("{what} must be an object"))?;
    Ok(fields)
}

struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A name, borrowed where it can be.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some((Name(name), value)) = map.next_entry()? {
            fields.push((name, value));
        }
        Ok(Fields(fields))
    }
}
