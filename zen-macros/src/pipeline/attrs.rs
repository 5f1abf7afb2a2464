//! The settings of a pipeline: what stands in `#[pipeline(..)]`.

use proc_macro2::TokenStream;
use syn::{LitStr, Path};

use crate::attribute::{self, Entry};
use crate::errors::Errors;
use crate::hook::Hooks;

const KEYS: &[&str] = &["name", "cache", "on_success", "on_failure", "crate"];

/// The settings of a pipeline.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) name: Option<LitStr>,
    pub(super) cache: Option<bool>,
    pub(super) hooks: Hooks,
    pub(super) krate: Option<Path>,
}

impl Attributes {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut this = Self::default();
        for entry in attribute::entries(tokens, errors) {
            let result = this.set(&entry);
            errors.check(result);
        }
        this
    }

    fn set(&mut self, entry: &Entry) -> syn::Result<()> {
        match entry.key.to_string().as_str() {
            "name" => self.name = Some(entry.text("training")?),
            "cache" => self.cache = Some(entry.boolean()?),
            "on_success" | "on_failure" => self.hooks.set(entry)?,
            "crate" => self.krate = Some(entry.path()?),
            _ => return Err(attribute::unknown_key(&entry.key, "`#[pipeline]`", KEYS)),
        }
        Ok(())
    }
}
