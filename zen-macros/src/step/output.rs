//! What a step returns: one value, several, or a result of them.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::punctuated::Punctuated;
use syn::{GenericArgument, Ident, Index, PathArguments, ReturnType, Token, Type};

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
    /// The type of the error, where it can be seen.
    error: Option<Type>,
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
    Other(Vec<(Ident, Option<Type>)>),
}

impl Output {
    pub(super) fn of(returned: &ReturnType, attributes: &Attributes, errors: &mut Errors) -> Option<Self> {
        let (failure, value, error, written) = match returned {
            ReturnType::Default if attributes.fallible => {
                errors.push(syn::Error::new(
                    proc_macro2::Span::call_site(),
                    "`fallible` is for a step that returns another name of `Result<..>`; this one returns nothing",
                ));
                return None;
            }
            ReturnType::Default => (Failure::Never, None, None, None),
            ReturnType::Type(_, ty) => {
                let (failure, value, error) = unwrap_result(ty, attributes.fallible);
                (failure, value, error, Some((**ty).clone()))
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
            error,
            written,
            names,
        })
    }

    /// The type that implements `StepOutput`.
    pub(super) fn ty(&self, core: &Core) -> TokenStream {
        let Core { private, .. } = core;
        match (&self.names, &self.value, &self.written) {
            (Names::Tuple(_), Some(value), _) => {
                spans::around(value, quote!(#private::Many<), value, quote!(>))
            }
            (Names::Other(_), Some(value), _) => value.to_token_stream(),
            (_, None, Some(written)) => {
                spans::around(written, quote!(<), written, quote!(as #private::Fallible>::Ok))
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
            Failure::Alias => {
                let convert = quote!(#private::Fallible::into_result(__zen_returned));
                let convert = spans::at(spans::ends(&self.written).0, convert);
                quote!({ let __zen_returned = #returned; #convert })
            }
        };
        // The error type is the user's: what is wrong with it is reported there.
        let error = self.error.as_ref().or(self.written.as_ref());
        let failure = spans::around(
            error,
            quote!(#graph::StepFailure::),
            quote!(),
            quote!(from_error(__zen_error)),
        );
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
            Names::Other(outputs) => {
                let [(name, _)] = outputs.as_slice() else {
                    return None;
                };
                let name = name.unraw().to_string();
                Some(quote! {
                    let __zen_step = match <#out as #graph::StepOutput>::specs().len() {
                        1 => __zen_step.output_names(&[#name]),
                        _ => __zen_step,
                    };
                })
            }
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
            Names::Other(outputs) => match outputs.as_slice() {
                [(_, None)] => {}
                // One name and a codec: the output, or one field of several. The compiler knows which.
                [(name, Some(codec))] => {
                    let key = field_key(&name.unraw().to_string());
                    let field = quote!(#private::OutputField::<#key>::field(&__zen_handles));
                    let field = spans::at(name.span(), field);
                    calls.extend(quote!(let _ = #field.materializer::<#codec>();));
                }
                fields => {
                    for (name, codec) in fields {
                        let codec = codec.as_ref().map(|codec| quote!(.materializer::<#codec>()));
                        calls.extend(quote!(let _ = __zen_handles.#name #codec;));
                    }
                }
            },
        }
        calls
    }

    /// The types of several outputs.
    pub(super) fn elements(&self) -> Option<&Punctuated<Type, Token![,]>> {
        match (&self.names, self.value.as_ref().map(strip)) {
            (Names::Tuple(_), Some(Type::Tuple(tuple))) => Some(&tuple.elems),
            _ => None,
        }
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

/// How a return type fails, and the types of its value and its error where they can be seen.
fn unwrap_result(ty: &Type, fallible: bool) -> (Failure, Option<Type>, Option<Type>) {
    let last = match strip(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let is_result = last.is_some_and(|last| last.ident == "Result");
    if !is_result && !fallible {
        return (Failure::Never, Some(ty.clone()), None);
    }
    let mut types = Vec::new();
    if let Some(PathArguments::AngleBracketed(arguments)) = last.map(|last| &last.arguments) {
        types.extend(arguments.args.iter().filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        }));
    }
    let mut types = types.into_iter();
    match (types.next(), types.next()) {
        (Some(value), error) if is_result => (Failure::Result, Some(value), error),
        // Several outputs have to be seen to be counted; the compiler checks that the alias means them.
        (Some(value), _) if is_several(&value) => (Failure::Alias, Some(value), None),
        _ => (Failure::Alias, None, None),
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
            given
                .iter()
                .map(|output| (output.name.clone(), codec(output)))
                .collect(),
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
        let named = match given.len() {
            1 => "1 output is named".to_owned(),
            named => format!("{named} outputs are named"),
        };
        let message = format!("{named} here, and the step returns {count}: name all of them, in order");
        errors.push(syn::Error::new(span_of(given), message));
        return Some(Names::Tuple(vec![(None, None); count]));
    }
    Some(Names::Tuple(
        given
            .iter()
            .map(|output| (Some(text(output)), codec(output)))
            .collect(),
    ))
}

fn text(output: &OutputName) -> String {
    output.name.unraw().to_string()
}
