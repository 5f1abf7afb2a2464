//! What every attribute macro does with the item it stands on.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Item, ItemFn, Lit, Meta, Path};

/// The paths that expansions use.
pub(crate) struct Core {
    /// zen-core itself.
    pub(crate) root: TokenStream,
    pub(crate) graph: TokenStream,
    pub(crate) private: TokenStream,
}

impl Core {
    /// `given` is the path under which zen-core is known where the macro is used, if it isn't `::zen_core`.
    pub(crate) fn new(given: Option<&Path>) -> Self {
        let root = given.map_or_else(|| quote!(::zen_core), |path| quote!(#path));
        Self {
            graph: quote!(#root::graph),
            private: quote!(#root::__private),
            root,
        }
    }
}

/// The text of the doc comments, without the space that follows `///`.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) = &meta.value
        else {
            continue;
        };
        if meta.path.is_ident("doc") {
            // An empty line is one too: it ends a paragraph.
            for line in text.value().split('\n') {
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned());
            }
        }
    }
    lines.join("\n").trim().to_owned()
}

/// The first paragraph of a doc comment. The whole of it is not repeated on companions: its examples would run twice.
pub(crate) fn summary(docs: &str) -> String {
    let end = docs.find("\n\n").unwrap_or(docs.len());
    let summary = docs[..end].trim();
    if summary.contains("```") {
        String::new()
    } else {
        summary.to_owned()
    }
}

/// The `#[cfg(..)]` attributes, which every generated item has to repeat.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect()
}

/// The item as it was, followed by the error: names it defines stay known, so nothing else fails because of it.
pub(crate) fn with_error(item: TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#item #error)
}

/// Parses the function an attribute stands on; `expected` says what it goes on.
pub(crate) fn function(tokens: &TokenStream, attribute: &str, expected: &str) -> syn::Result<ItemFn> {
    syn::parse2(tokens.clone()).map_err(|error| match syn::parse2::<Item>(tokens.clone()) {
        Ok(item) => wrong_item(&item, attribute, expected),
        // No item at all: what is wrong is in the code.
        Err(_) => error,
    })
}

/// The error for an attribute that stands on something else than `expected`.
pub(crate) fn wrong_item(item: &Item, attribute: &str, expected: &str) -> syn::Error {
    syn::Error::new_spanned(item, format!("`#[{attribute}]` goes on {expected}"))
}
