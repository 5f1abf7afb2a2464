//! `#[pipeline]`: a function that builds a graph. Outside it returns a `Pipeline`; in the body of another pipeline its
//! steps become part of that one.

mod attrs;
mod expand;
mod macros;
mod paths;
mod rewrite;
mod scope;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{FnArg, ItemFn, Pat};

use crate::errors::Errors;
use crate::item;
use crate::step::signature;

/// The expansion of `#[pipeline(attributes)] item`.
pub(crate) fn pipeline(attributes: TokenStream, tokens: TokenStream) -> TokenStream {
    let function: ItemFn = match syn::parse2(tokens.clone()) {
        Ok(function) => function,
        Err(error) => {
            return item::with_error(
                tokens,
                &item::wrong_item("pipeline", "a function with a body", &error),
            );
        }
    };
    let mut errors = Errors::default();
    let attributes = attrs::Attributes::parse(attributes, &mut errors);
    check(&function, &mut errors);
    let expansion = if errors.is_empty() {
        let mut rewritten = function.clone();
        rewrite::body(&mut rewritten, &mut errors);
        expand::Pipeline {
            function: &function,
            attributes: &attributes,
            rewritten: &rewritten,
        }
        .expand()
    } else {
        function.into_token_stream()
    };
    let errors = errors.into_compile_errors();
    quote::quote!(#expansion #errors)
}

fn check(function: &ItemFn, errors: &mut Errors) {
    let signature = &function.sig;
    signature::check(signature, "pipeline", errors);
    if let Some(token) = &signature.asyncness {
        errors.at(
            token,
            "a pipeline isn't `async`: its body only builds the graph. Remove `async` here; steps may be `async`, and \
             `.run().await` runs the pipeline",
        );
    }
    if let Some(token) = &signature.constness {
        errors.at(
            token,
            "a pipeline builds its graph when the program runs: remove `const`",
        );
    }
    for argument in &signature.inputs {
        let FnArg::Typed(argument) = argument else {
            continue;
        };
        match &*argument.pat {
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {}
            other => errors.at(
                other,
                "an argument of a pipeline has a name, under which it is recorded: write a name here and take the \
                 value apart in the body",
            ),
        }
    }
}
