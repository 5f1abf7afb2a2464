//! `#[main]`: an asynchronous `main` that the runtime runs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ItemFn, ReturnType};

use crate::attribute;
use crate::errors::Errors;
use crate::item::{self, Core};
use crate::spans;

const KEYS: &[&str] = &["worker_threads", "crate"];

/// The expansion of `#[main(attributes)] item`.
pub(crate) fn main(attributes: TokenStream, tokens: TokenStream) -> TokenStream {
    let function = match item::function(&tokens, "main", "`async fn main`") {
        Ok(function) => function,
        Err(error) => return item::with_error(tokens, &error),
    };
    let mut errors = Errors::default();
    let (mut threads, mut core) = (None, None);
    for entry in attribute::entries(attributes, &mut errors) {
        match entry.key.to_string().as_str() {
            "worker_threads" => threads = errors.check(entry.whole(1)),
            "crate" => core = errors.check(entry.path()),
            _ => errors.push(attribute::unknown_key(&entry.key, "`#[main]`", KEYS)),
        }
    }
    let sig = &function.sig;
    if sig.ident != "main" {
        errors.at(
            &sig.ident,
            "`#[main]` goes on the function a program begins with: call it `main`",
        );
    }
    if sig.asyncness.is_none() {
        errors.at(
            sig.fn_token,
            "write `async fn main`: `#[main]` starts the runtime that runs it",
        );
    }
    if !sig.inputs.is_empty() {
        errors.at(
            &sig.inputs,
            "`main` has no arguments; the command line's are in `std::env::args()`",
        );
    }
    if !sig.generics.params.is_empty() {
        errors.at(&sig.generics, "`main` has no type parameters");
    }
    if !errors.is_empty() {
        // Something called `main` has to be there, or rustc asks for it.
        let errors = errors.into_compile_errors();
        return if sig.ident == "main" {
            quote!(fn main() {} #errors)
        } else {
            quote!(#function #errors)
        };
    }
    let core = Core::new(core.as_ref());
    let private = &core.private;
    let threads = match threads.and_then(|threads| usize::try_from(threads).ok()) {
        Some(threads) => quote!(::core::option::Option::Some(#threads)),
        None => quote!(::core::option::Option::None),
    };
    // The error for a `main` that returns something else points at what it returns.
    let (span, _) = match &sig.output {
        ReturnType::Default => spans::ends(&sig.ident),
        ReturnType::Type(_, ty) => spans::ends(ty),
    };
    let run = spans::at(span, quote!(#private::run_main(#threads, main)));
    let ItemFn {
        attrs, vis, block, ..
    } = &function;
    quote! {
        #(#attrs)*
        #vis fn main() -> ::std::process::ExitCode {
            #sig #block
            #run
        }
    }
}
