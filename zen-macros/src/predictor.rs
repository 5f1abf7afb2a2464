//! `#[predictor]`: an implementation of `Predictor`, and the listing that a server's process finds it by.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemImpl};

use crate::attribute;
use crate::errors::Errors;
use crate::item::{self, Core};

const KEYS: &[&str] = &["crate"];

/// The expansion of `#[predictor(attributes)] item`.
pub(crate) fn predictor(attributes: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut core = None;
    for entry in attribute::entries(attributes, &mut errors) {
        match entry.key.to_string().as_str() {
            "crate" => core = errors.check(entry.path()),
            _ => errors.push(attribute::unknown_key(&entry.key, "`#[predictor]`", KEYS)),
        }
    }
    let implementation = match syn::parse2(tokens.clone()) {
        Ok(Item::Impl(implementation)) if is_predictor(&implementation) => implementation,
        Ok(other) => {
            let message = "`#[predictor]` goes on `impl Predictor for Model { .. }`";
            return item::with_error(tokens, &syn::Error::new_spanned(other, message));
        }
        Err(error) => return item::with_error(tokens, &error),
    };
    if !implementation.generics.params.is_empty() {
        errors.at(
            &implementation.generics,
            "a server's process finds a model by its concrete type: leave `#[predictor]` out here, let the implementation ask for \
             `where Model<T>: zen_core::serving::RegisteredPredictor`, and list each type you serve with \
             `zen_core::register_predictor!(Model<f64>);`",
        );
        let errors = errors.into_compile_errors();
        return quote!(#implementation #errors);
    }
    let errors = errors.into_compile_errors();
    let root = Core::new(core.as_ref()).root;
    let model = &implementation.self_ty;
    quote! {
        #implementation
        #root::register_predictor!(#model);
        #errors
    }
}

fn is_predictor(implementation: &ItemImpl) -> bool {
    let Some((path, _)) = &implementation.trait_ else {
        return false;
    };
    path.segments.last().is_some_and(|last| last.ident == "Predictor")
}
