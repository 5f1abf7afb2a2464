//! `#[step]`: a function stays as it is and gets a companion, a type of the same name, that makes nodes of it.

mod args;
mod attrs;
mod body;
mod expand;
mod isolation;
pub(crate) mod output;
pub(crate) mod signature;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ItemFn;

use crate::errors::Errors;
use crate::item;

/// The expansion of `#[step(attributes)] item`.
pub(crate) fn step(attributes: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut function: ItemFn = match item::function(&tokens, "step", "a function") {
        Ok(function) => function,
        Err(error) => return item::with_error(tokens, &error),
    };
    // Before helper attributes are taken off: the tokens are the ones the source file has.
    let code = crate::code::of_fn(&function);
    let (mut errors, mut wrong_settings) = (Errors::default(), Errors::default());
    let attributes = attrs::Attributes::parse(attributes, &mut wrong_settings);
    signature::check(&function.sig, "step", &mut errors);
    let arguments = args::Arguments::take(&mut function.sig, &mut errors);
    attributes.check_names(&arguments, &mut wrong_settings);
    let output = output::Output::of(&function.sig.output, &attributes, &mut errors);
    let mut expansion = function.to_token_stream();
    // A step with wrong settings is a step still, so that pipelines that call it show no errors of their own.
    if let (Some(output), true) = (output, errors.is_empty()) {
        let step = expand::Step {
            function: &function,
            attributes: &attributes,
            arguments: &arguments,
            output: &output,
        };
        expansion.extend(step.companion(&code));
    }
    expansion.extend(errors.into_compile_errors());
    expansion.extend(wrong_settings.into_compile_errors());
    expansion
}
