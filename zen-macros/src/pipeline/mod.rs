//! `#[pipeline]`: a function that builds a graph. Outside it returns a `Pipeline`; in the body of another pipeline its
//! steps become part of that one.

mod attrs;
mod expand;
mod macros;
mod paths;
mod rewrite;
mod scope;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{FnArg, ItemFn, Pat, ReturnType, Type};

use crate::errors::Errors;
use crate::item;
use crate::step::signature;

/// The expansion of `#[pipeline(attributes)] item`.
pub(crate) fn pipeline(attributes: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut function: ItemFn = match item::function(&tokens, "pipeline", "a function") {
        Ok(function) => function,
        Err(error) => return item::with_error(tokens, &error),
    };
    let (mut errors, mut wrong_settings) = (Errors::default(), Errors::default());
    let attributes = attrs::Attributes::parse(attributes, &mut wrong_settings);
    check(&function, &mut errors);
    let is_wrong = !errors.is_empty();
    let mut rewritten = function.clone();
    rewrite::body(&mut rewritten, &mut errors);
    if !errors.is_empty() {
        // What rustc would say of a body that is known to be wrong doesn't help.
        rewritten.block = syn::parse_quote!({ ::core::unreachable!() });
        rewritten.attrs.push(syn::parse_quote!(#[allow(unused)]));
    }
    let mut expansion = if is_wrong {
        function.block = rewritten.block;
        function.attrs = rewritten.attrs;
        function.into_token_stream()
    } else {
        expand::Pipeline {
            function: &function,
            attributes: &attributes,
            rewritten: &rewritten,
        }
        .expand()
    };
    expansion.extend(errors.into_compile_errors());
    expansion.extend(wrong_settings.into_compile_errors());
    expansion
}

/// Types that a pipeline is often said to return by mistake; any other is for the compiler to judge.
const VALUES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
    "u128", "usize", "String", "Vec", "Option", "Box",
];

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
    let ReturnType::Type(_, returned) = &signature.output else {
        return;
    };
    let Type::Path(path) = &**returned else { return };
    let Some(last) = path.path.segments.last() else {
        return;
    };
    if last.ident == "Result" {
        errors.at(
            returned,
            "a pipeline only builds its graph, so it returns handles, not a `Result`: what fails are its steps, when \
             it is run",
        );
    } else if VALUES.iter().any(|name| last.ident == name) {
        let written: String = returned
            .to_token_stream()
            .to_string()
            .split_whitespace()
            .collect();
        errors.at(
            returned,
            format!(
                "a pipeline returns the handles of its steps, not their values: write `Artifact<{written}>` for one \
                 `{written}`, or a tuple of handles"
            ),
        );
    }
}
