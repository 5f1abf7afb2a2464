//! What a step returns: one value, several, or a result of them.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{GenericArgument, Index, PathArguments, ReturnType, Type};

use super::attrs::{Attributes, OutputName, span_of};
use super::signature::check_owned;
use crate::errors::Errors;
use crate::item::Core;
use crate::spans;

/// The most outputs a tuple may give.
const MOST: usize = 8;

/// What a step returns.
pub(super) struct Output {
    /// What `E` is, if the function returns `Result<_, E>`.
    failure: Failure,
    /// The type without the `Result` around it. Missing where it can't be seen.
    value: Option<Type>,
    /// The return type as written.
    written: Option<Type>,
    names: Names,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The function returns its value.
    Never,
    /// `Result<..>`, as it can be seen.
    Result,
    /// Something that the trait `Fallible` turns into a result.
    Alias,
}

/// Names and codecs of the outputs.
enum Names {
    /// Of a tuple, in order.
    Tuple(Vec<(Option<String>, Option<Type>)>),
    /// Of anything else: `outputs(name)` renames a single output, and names a field of a struct.
    Other(Vec<(String, Option<Type>)>),
}

impl Output {
    pub(super) fn of(returned: &ReturnType, attributes: &Attributes, errors: &mut Errors) -> Option<Self> {
        let (failure, value, written) = match returned {
            ReturnType::Default if attributes.fallible => {
                errors.push(syn::Error::new(
                    proc_macro2::Span::call_site(),
                    "`fallible` is for a step that returns another name of `Result<..>`; this one returns nothing",
                ));
                return None;
            }
            ReturnType::Default => (Failure::Never, None, None),
            ReturnType::Type(_, ty) => {
                let (failure, value) = unwrap_result(ty, attributes.fallible);
                (failure, value, Some((**ty).clone()))
            }
        };
        let owned = "an output of a step is an owned value, because it is stored: return it without references or \
                     lifetimes (`String` for `&str`, `Vec<T>` for `&[T]`)";
        if let Some(value) = &value
            && !check_owned(value, owned, errors)
        {
            return None;
        }
        let names = names(value.as_ref(), &attributes.outputs, errors)?;
        Some(Self {
            failure,
            value,
            written,
            names,
        })
    }

    /// The type that implements `StepOutput`.
    pub(super) fn ty(&self, core: &Core) -> TokenStream {
        let Core { private, .. } = core;
        let (first, last) = spans::ends(self.written());
        match (&self.names, &self.value, &self.written) {
            (Names::Tuple(_), Some(value), _) => {
                let (open, close) = (quote_spanned!(first=> #private::Many<), quote_spanned!(last=> >));
                quote!(#open #value #close)
            }
            (Names::Other(_), Some(value), _) => value.to_token_stream(),
            (_, None, Some(written)) => {
                let (open, close) = (
                    quote_spanned!(first=> <),
                    quote_spanned!(last=> as #private::Fallible>::Ok),
                );
                quote!(#open #written #close)
            }
            (_, None, None) => quote!(()),
        }
    }

    /// From what the function returned to a `Result<OUT, StepFailure>`.
    pub(super) fn convert(&self, returned: &TokenStream, core: &Core) -> TokenStream {
        let Core { graph, private, .. } = core;
        let wrap = match self.names {
            Names::Tuple(_) => quote!(#private::Many(__zen_value)),
            Names::Other(_) => quote!(__zen_value),
        };
        let result = match self.failure {
            Failure::Never => {
                return quote!({ let __zen_value = #returned; ::core::result::Result::Ok(#wrap) });
            }
            Failure::Result => returned.clone(),
            Failure::Alias => quote!(#private::Fallible::into_result(#returned)),
        };
        // The error type is the user's: what is wrong with it is reported at the return type.
        let failure = match &self.written {
            Some(written) => {
                let (_, last) = spans::ends(written);
                quote_spanned!(last=> #graph::StepFailure::from_error(__zen_error))
            }
            None => quote!(#graph::StepFailure::from_error(__zen_error)),
        };
        quote! {
            match #result {
                ::core::result::Result::Ok(__zen_value) => ::core::result::Result::Ok(#wrap),
                ::core::result::Result::Err(__zen_error) => ::core::result::Result::Err(#failure),
            }
        }
    }

    /// The call that names the outputs of a definition called `definition`.
    pub(super) fn name_definition(&self, out: &TokenStream, core: &Core) -> Option<TokenStream> {
        let Core { graph, .. } = core;
        match &self.names {
            Names::Tuple(outputs) => {
                let names: Option<Vec<&String>> = outputs.iter().map(|(name, _)| name.as_ref()).collect();
                names.map(|names| quote!(let __zen_step = __zen_step.output_names(&[#(#names),*]);))
            }
            // A struct's outputs keep the names of its fields.
            Names::Other(outputs) => match outputs.as_slice() {
                [(name, _)] => Some(quote! {
                    let __zen_step = match <#out as #graph::StepOutput>::specs().len() {
                        1 => __zen_step.output_names(&[#name]),
                        _ => __zen_step,
                    };
                }),
                _ => None,
            },
        }
    }

    /// The calls that choose codecs on the handles, which are called `handles`.
    pub(super) fn codecs(&self, core: &Core) -> TokenStream {
        let Core { private, .. } = core;
        let mut calls = TokenStream::new();
        match &self.names {
            Names::Tuple(outputs) => {
                for (i, (_, codec)) in outputs.iter().enumerate() {
                    if let Some(codec) = codec {
                        let i = Index::from(i);
                        calls.extend(quote!(let _ = __zen_handles.#i.materializer::<#codec>();));
                    }
                }
            }
            Names::Other(outputs) => {
                let single = matches!(outputs.as_slice(), [(_, None)]);
                for (name, codec) in outputs {
                    let key = field_key(name);
                    let handle = quote!(#private::OutputField::<#key>::field(&__zen_handles));
                    match codec {
                        Some(codec) => calls.extend(quote!(let _ = #handle.materializer::<#codec>();)),
                        None if single => {}
                        None => calls.extend(quote!(let _ = #handle;)),
                    }
                }
            }
        }
        calls
    }

    /// The return type as written.
    pub(super) fn written(&self) -> Option<&Type> {
        self.value.as_ref().or(self.written.as_ref())
    }
}

/// A field's name as a number, so that it can stand where a type does. `derive(Outputs)` gives each field its number;
/// a single output answers to any.
pub(crate) fn field_key(name: &str) -> u64 {
    let mut key = 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        key = (key ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    key
}

fn unwrap_result(ty: &Type, fallible: bool) -> (Failure, Option<Type>) {
    let Type::Path(path) = strip(ty) else {
        return if fallible {
            (Failure::Alias, None)
        } else {
            (Failure::Never, Some(ty.clone()))
        };
    };
    let Some(last) = path.path.segments.last() else {
        return (Failure::Never, Some(ty.clone()));
    };
    let is_result = last.ident == "Result";
    if !is_result && !fallible {
        return (Failure::Never, Some(ty.clone()));
    }
    let first = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty.clone()),
                _ => None,
            })
        }
        _ => None,
    };
    match first {
        Some(first) if is_result => (Failure::Result, Some(first)),
        // Several outputs have to be seen to be counted; the compiler checks that the alias means them.
        Some(first) if is_several(&first) => (Failure::Alias, Some(first)),
        _ => (Failure::Alias, None),
    }
}

fn strip(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => strip(&paren.elem),
        Type::Group(group) => strip(&group.elem),
        other => other,
    }
}

fn is_several(ty: &Type) -> bool {
    matches!(strip(ty), Type::Tuple(tuple) if tuple.elems.len() > 1)
}

fn names(value: Option<&Type>, given: &[OutputName], errors: &mut Errors) -> Option<Names> {
    let codec = |output: &OutputName| output.codec.clone();
    let Some(Type::Tuple(tuple)) = value.map(strip).filter(|value| is_several(value)) else {
        return Some(Names::Other(
            given.iter().map(|output| (text(output), codec(output))).collect(),
        ));
    };
    let count = tuple.elems.len();
    if count > MOST {
        errors.at(
            tuple,
            format!("a step returns at most {MOST} outputs as a tuple: return a struct with `#[derive(Outputs)]`, which also names them"),
        );
        return None;
    }
    if given.is_empty() {
        return Some(Names::Tuple(vec![(None, None); count]));
    }
    if given.len() != count {
        errors.push(syn::Error::new(
            span_of(given),
            format!(
                "{} named here, and the step returns {count}: name all of them, in order",
                number_of_outputs(given.len())
            ),
        ));
        return None;
    }
    Some(Names::Tuple(
        given
            .iter()
            .map(|output| (Some(text(output)), codec(output)))
            .collect(),
    ))
}

fn number_of_outputs(count: usize) -> String {
    if count == 1 {
        "1 output is".to_owned()
    } else {
        format!("{count} outputs are")
    }
}

fn text(output: &OutputName) -> String {
    use syn::ext::IdentExt as _;
    output.name.unraw().to_string()
}
