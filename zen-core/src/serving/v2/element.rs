//! Single elements: from their JSON text to their bytes.

use std::str::FromStr;

use crate::serving::{Datatype, Number};

/// A `BOOL`.
pub(super) fn boolean(token: &str, out: &mut Vec<u8>) -> Result<(), String> {
    match token {
        "true" => out.push(1),
        "false" => out.push(0),
        _ => return Err("and a BOOL is true or false".into()),
    }
    Ok(())
}

/// A whole number.
pub(super) fn integer<T>(token: &str, out: &mut Vec<u8>) -> Result<(), String>
where
    T: Number + FromStr + TryFrom<i128>,
{
    let datatype = T::DATATYPE;
    let number = match token.parse::<T>() {
        Ok(number) => number,
        // Not so short a number: -0, one beyond the range, or none.
        Err(_) => match token.parse::<i128>() {
            Ok(wide) => T::try_from(wide).map_err(|_| beyond(datatype))?,
            Err(_) if is_integer(token) => return Err(beyond(datatype)),
            Err(_) => {
                return Err(format!(
                    "and an element of {datatype} is a whole number, written without a point or an exponent"
                ));
            }
        },
    };
    number.write(out);
    Ok(())
}

/// An `FP32` or `FP64`.
pub(super) fn float<T>(token: &str, out: &mut Vec<u8>) -> Result<(), String>
where
    T: Number + FromStr + Into<f64>,
{
    // Rust's parser rounds correctly. That the token is JSON leaves out the words for NaN and infinity, which it knows too.
    match token.parse::<T>() {
        Ok(number) if number.into().is_finite() => number.write(out),
        Ok(_) => return Err(beyond(T::DATATYPE)),
        Err(_) => {
            return Err(format!(
                "and an element of {} is a number (JSON has no NaN and no infinity: send them as binary data)",
                T::DATATYPE
            ));
        }
    }
    Ok(())
}

/// A `BYTES`: the text's UTF-8.
pub(super) fn bytes(token: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let Some(inner) = token.strip_prefix('"').and_then(|token| token.strip_suffix('"')) else {
        return Err("and an element of BYTES is a text".into());
    };
    if inner.contains('\\') {
        let text: String = serde_json::from_str(token).map_err(|error| format!("no text: {error}"))?;
        return string(&text, out);
    }
    string(inner, out)
}

fn string(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let length = u32::try_from(text.len()).map_err(|_| "longer than 4 GiB".to_owned())?;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn beyond(datatype: Datatype) -> String {
    format!("beyond the range of {datatype}")
}

fn is_integer(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
