//! Durations in attributes: a whole number and a unit.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Lit, LitStr};

use crate::attribute::Entry;

/// A duration that was written in an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Millis(u64);

const ACCEPTED: &str =
    "a whole number and a unit (ms, s, m, h or d): \"250ms\", \"1s\", \"10m\", \"2h\", \"1d\"";

impl Millis {
    /// Parses `key = "10m"`. `zero` says whether no time at all is a sensible value.
    pub(crate) fn of(entry: &Entry, zero: bool) -> syn::Result<Self> {
        let Some(Lit::Str(text)) = entry.literal() else {
            return Err(entry.unexpected(&format!("a duration, {ACCEPTED}")));
        };
        let parsed = parse(&text.value()).ok_or_else(|| wrong(text))?;
        if parsed.0 == 0 && !zero {
            return Err(syn::Error::new(
                text.span(),
                format!("`{}` has to be longer than nothing", entry.key),
            ));
        }
        Ok(parsed)
    }

    /// An expression of type `Duration`.
    pub(crate) fn expression(self) -> TokenStream {
        let millis = self.0;
        quote!(::core::time::Duration::from_millis(#millis))
    }
}

fn wrong(text: &LitStr) -> syn::Error {
    syn::Error::new(
        text.span(),
        format!("`{}` is no duration; write {ACCEPTED}", text.value()),
    )
}

fn parse(text: &str) -> Option<Millis> {
    let text = text.trim();
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..unit].parse().ok()?;
    let factor = match text[unit..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(factor).map(Millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!(parse("250ms"), Some(Millis(250)));
        assert_eq!(parse("1 s"), Some(Millis(1_000)));
        assert_eq!(parse("10m"), Some(Millis(600_000)));
        assert_eq!(parse("2h"), Some(Millis(7_200_000)));
        assert_eq!(parse("1d"), Some(Millis(86_400_000)));
        for wrong in [
            "",
            "10",
            "m",
            "1.5s",
            "-1s",
            "1 minute",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
