//! The closure that runs a step: it takes the inputs, calls the function and gives its result to the runner.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote;

use super::args::{Argument, Input, Passing, variable};
use super::expand::Step;
use crate::item::Core;
use crate::spans;

impl Step<'_> {
    /// `.sync(..)` or `.asynchronous(..)`, the last call on a definition.
    pub(super) fn body(&self, core: &Core, out: &TokenStream) -> TokenStream {
        let Core { graph, private, .. } = core;
        let takes = self.arguments.inputs().enumerate().map(|(i, input)| {
            let (variable, stored) = (variable(i), &input.stored);
            quote!(let #variable = __zen_inputs.take::<#stored>(#i)?;)
        });
        let name = &self.function.sig.ident;
        let turbofish = self.turbofish();
        let is_async = self.function.sig.asyncness.is_some();
        let mut i = 0;
        let arguments = self.arguments.0.iter().map(|argument| match argument {
            Argument::Context if is_async => quote!(&__zen_context),
            Argument::Context => quote!(__zen_context),
            Argument::Input(input) => {
                i += 1;
                pass(input, i - 1, private)
            }
        });
        let call = quote!(#name #turbofish(#(#arguments),*));
        let result = quote!(::core::result::Result<#out, #graph::StepFailure>);
        if is_async {
            let convert = self.output.convert(&quote!(#call.await), core);
            // A future that can't be sent is reported where it is boxed: at the step's name.
            let mut block = Group::new(Delimiter::Brace, quote!(#(#takes)* #convert));
            block.set_span(name.span());
            let async_ = spans::at(name.span(), quote!(async move));
            let mut future = Group::new(Delimiter::Parenthesis, quote!(#async_ #block));
            future.set_span(name.span());
            let boxed = spans::at(name.span(), quote!(::std::boxed::Box::pin));
            quote! {
                .asynchronous::<#out>(|__zen_context: #graph::StepContext, mut __zen_inputs: #private::Inputs|
                    -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = #result> + ::core::marker::Send>> {
                    #boxed #future
                })
            }
        } else {
            let convert = self.output.convert(&call, core);
            quote! {
                .sync::<#out>(|__zen_context: &#graph::StepContext, __zen_inputs: &mut #private::Inputs| -> #result {
                    #(#takes)*
                    #convert
                })
            }
        }
    }
}

/// The expression that is passed for an input.
fn pass(input: &Input, i: usize, private: &TokenStream) -> TokenStream {
    let variable = variable(i);
    match input.passing {
        Passing::Borrowed => quote!(&*#variable),
        Passing::Owned => {
            let take = spans::around(
                &input.ty,
                quote!(#private::InputValue::),
                quote!(),
                quote!(into_owned),
            );
            let variable = spans::at(spans::ends(&input.ty).0, quote!(#variable));
            quote!(#take(#variable))
        }
    }
}
