//! `isolation = process`, `isolation(process, memory = "2GiB", ..)`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Lit, LitStr, Token};

use crate::attribute::{self, Entry, Form};
use crate::errors::Errors;
use crate::item::Core;

const KEYS: &[&str] = &["process", "none", "never", "memory", "env", "inherit"];

const ACCEPTED: &str =
    "`process` or `none`, or settings: `isolation = process`, `isolation(process, memory = \"2GiB\")`";

const SIZES: &str = "a whole number and a unit (kB, MB, GB, TB, or KiB, MiB, GiB, TiB): \"512MiB\", \"2GiB\"";

/// The settings of `isolation`.
#[derive(Default)]
pub(super) struct Isolation {
    process: Option<bool>,
    never: Option<LitStr>,
    memory: Option<u64>,
    env: Vec<Variable>,
    inherit: Vec<LitStr>,
}

/// `"NAME" = "value"`.
struct Variable {
    name: LitStr,
    value: LitStr,
}

impl Parse for Variable {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        Ok(Self { name, value })
    }
}

impl Isolation {
    pub(super) fn parse(entry: &Entry, errors: &mut Errors) -> syn::Result<Self> {
        let mut this = Self::default();
        match &entry.form {
            Form::Value(Expr::Path(value)) if value.path.is_ident("process") => this.process = Some(true),
            Form::Value(Expr::Path(value)) if value.path.is_ident("none") => this.process = Some(false),
            Form::List(tokens) => {
                let before = errors.is_empty();
                for inner in attribute::entries(tokens.clone(), errors) {
                    let result = this.set(&inner);
                    errors.check(result);
                }
                if this.process.is_none() && this.never.is_none() && before && errors.is_empty() {
                    errors.at(
                        &entry.key,
                        "where the step runs has to be said: `isolation(process, ..)`",
                    );
                }
            }
            _ => return Err(entry.unexpected(ACCEPTED)),
        }
        Ok(this)
    }

    fn set(&mut self, entry: &Entry) -> syn::Result<()> {
        match entry.key.to_string().as_str() {
            "process" => {
                entry.flag()?;
                self.process = Some(true);
            }
            "none" => {
                entry.flag()?;
                self.process = Some(false);
            }
            "never" => self.never = Some(entry.text("it starts other programs")?),
            "memory" => self.memory = Some(memory(entry)?),
            "env" => self.env = attribute::list(entry.list("\"NAME\" = \"value\"")?)?,
            "inherit" => self.inherit = attribute::list(entry.list("\"CUDA_VISIBLE_DEVICES\"")?)?,
            _ => return Err(attribute::unknown_key(&entry.key, "`isolation(..)`", KEYS)),
        }
        Ok(())
    }

    /// The calls that put it on a `StepDefinition`.
    pub(super) fn settings(&self, core: &Core) -> TokenStream {
        let Core { graph, .. } = core;
        let mut value = match self.process {
            Some(true) => quote!(#graph::Isolation::process()),
            Some(false) => quote!(#graph::Isolation::none()),
            None => quote!(<#graph::Isolation as ::core::default::Default>::default()),
        };
        if let Some(memory) = self.memory {
            value.extend(quote!(.memory(#memory)));
        }
        for Variable { name, value: text } in &self.env {
            value.extend(quote!(.env(#name, #text)));
        }
        for name in &self.inherit {
            value.extend(quote!(.inherit(#name)));
        }
        let never = self
            .never
            .as_ref()
            .map(|reason| quote!(.stays_in_process(#reason)));
        quote!(.isolation(#value) #never)
    }
}

fn memory(entry: &Entry) -> syn::Result<u64> {
    let Some(Lit::Str(text)) = entry.literal() else {
        return Err(entry.unexpected(SIZES));
    };
    bytes(&text.value()).filter(|bytes| *bytes > 0).ok_or_else(|| {
        syn::Error::new(
            text.span(),
            format!("`{}` is no size; write {SIZES}", text.value()),
        )
    })
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..unit].parse().ok()?;
    let factor = match text[unit..].trim() {
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes() {
        assert_eq!(bytes("2GiB"), Some(2 << 30));
        assert_eq!(bytes("512 MiB"), Some(512 << 20));
        assert_eq!(bytes("1GB"), Some(1_000_000_000));
        for wrong in ["", "2", "GiB", "1.5GiB", "-1GB", "2gigs", "99999999999TiB"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
