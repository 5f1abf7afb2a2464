//! `#[step]`: a function stays as it is and gets a companion, a type of the same name, that makes nodes of it.

mod args;
mod attrs;
mod body;
mod expand;
pub(crate) mod output;
pub(crate) mod signature;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ItemFn;

use crate::errors::Errors;
use crate::item;

/// The expansion of `#[step(attributes)] item`.
pub(crate) fn step(attributes: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut function: ItemFn = match syn::parse2(tokens.clone()) {
        Ok(function) => function,
        Err(error) => {
            return item::with_error(
                tokens,
                &item::wrong_item("step", "a function with a body", &error),
            );
        }
    };
    // Before helper attributes are taken off: the tokens are the ones the source file has.
    let code = crate::code::of_fn(&function);
    let mut errors = Errors::default();
    let mut attributes = attrs::Attributes::parse(attributes, &mut errors);
    signature::check(&function.sig, "step", &mut errors);
    let arguments = args::Arguments::take(&mut function.sig, &mut errors);
    attributes.check_names(&arguments, &mut errors);
    let output = output::Output::of(&function.sig.output, &attributes, &mut errors);
    let companion = if signature::has_receiver(&function.sig) {
        // Inside an `impl` no type can be defined, and an error about that would hide ours.
        TokenStream::new()
    } else if let (Some(output), true) = (output, errors.is_empty()) {
        let step = expand::Step {
            function: &function,
            attributes: &attributes,
            arguments: &arguments,
            output: &output,
        };
        step.companion(&code)
    } else {
        TokenStream::new()
    };
    let errors = errors.into_compile_errors();
    let mut expansion = function.into_token_stream();
    expansion.extend(companion);
    expansion.extend(errors);
    expansion
}
