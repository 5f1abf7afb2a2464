//! The arguments of a step.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Attribute, FnArg, GenericParam, Generics, Ident, Pat, PatType, Signature, Type, TypeReference};

use super::signature::check_owned;
use crate::errors::Errors;
use crate::item::Core;
use crate::spans;

/// The arguments of a step, in order.
pub(super) struct Arguments(pub(super) Vec<Argument>);

/// One argument.
pub(super) enum Argument {
    /// The step's own context, which no caller passes.
    Context,
    Input(Box<Input>),
}

/// An argument that a caller passes.
pub(super) struct Input {
    pub(super) name: Ident,
    /// The type as written.
    pub(super) ty: Type,
    /// The type of the artifact it is read from.
    pub(super) stored: TokenStream,
    pub(super) passing: Passing,
    /// The type is a type parameter and nothing else: only a handle tells which type is meant.
    pub(super) bare_parameter: bool,
}

/// How the stored value becomes the argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Passing {
    Borrowed,
    Owned,
}

impl Arguments {
    /// Reads the arguments and takes zen's own attributes off them.
    pub(super) fn take(signature: &mut Signature, errors: &mut Errors) -> Self {
        let generics = signature.generics.clone();
        let mut arguments = Vec::new();
        let mut context: Option<Span> = None;
        for argument in &mut signature.inputs {
            let FnArg::Typed(argument) = argument else {
                continue;
            };
            let marked = take_context_mark(&mut argument.attrs, errors);
            let named = last_segment(&argument.ty).is_some_and(|name| name == "StepContext");
            if !marked && !named {
                arguments
                    .extend(input(argument, &generics, errors).map(|input| Argument::Input(Box::new(input))));
                continue;
            }
            if !matches!(&*argument.ty, Type::Reference(reference) if reference.mutability.is_none()) {
                errors.at(
                    &argument.ty,
                    "the context of a step is taken by shared reference: `&StepContext`",
                );
            }
            if context.replace(argument.colon_token.spans[0]).is_some() {
                errors.at(&*argument, "a step has one context; remove this argument");
            }
            arguments.push(Argument::Context);
        }
        Self(arguments)
    }

    pub(super) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.0.iter().filter_map(|argument| match argument {
            Argument::Input(input) => Some(&**input),
            Argument::Context => None,
        })
    }
}

impl Input {
    /// The argument of `node`.
    pub(super) fn node_argument(&self, core: &Core) -> TokenStream {
        let Core { graph, private, .. } = core;
        let (name, stored) = (&self.name, &self.stored);
        if self.bare_parameter {
            return quote!(#name: #graph::Artifact<#stored>);
        }
        let ty = spans::around(&self.ty, quote!(impl #private::IntoInput<), stored, quote!(>));
        quote!(#name: #ty)
    }
}

fn take_context_mark(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> bool {
    let mut found = false;
    attributes.retain(|attribute| {
        let is_mark = attribute.path().is_ident("context");
        if is_mark {
            found = true;
            if let Err(error) = attribute.meta.require_path_only() {
                errors.push(error);
            }
        }
        !is_mark
    });
    found
}

fn input(argument: &PatType, generics: &Generics, errors: &mut Errors) -> Option<Input> {
    let name = name(&argument.pat, errors);
    let (passing, target) = match &*argument.ty {
        Type::Reference(reference) => {
            if let Some(token) = reference.mutability {
                errors.at(
                    token,
                    "a step only reads its inputs, which other steps may read too: take `&T`, or `mut` a value of your \
                     own, and return what changed",
                );
                return None;
            }
            if !lifetime_is_own(reference, generics, errors) {
                return None;
            }
            (Passing::Borrowed, &*reference.elem)
        }
        other => (Passing::Owned, other),
    };
    let stored = stored(target, passing, errors)?;
    let bare_parameter = match target {
        Type::Path(path) if path.qself.is_none() => path.path.get_ident().is_some_and(|ident| {
            generics
                .params
                .iter()
                .any(|p| matches!(p, GenericParam::Type(p) if p.ident == *ident))
        }),
        _ => false,
    };
    Some(Input {
        name: name?,
        ty: (*argument.ty).clone(),
        stored,
        passing,
        bare_parameter,
    })
}

fn name(pattern: &Pat, errors: &mut Errors) -> Option<Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Some(pattern.ident.clone())
        }
        Pat::Wild(pattern) => {
            errors.at(pattern, "an input of a step has a name, under which it is recorded: write `_name` for one that is not used");
            None
        }
        other => {
            errors.at(
                other,
                "an input of a step has a name, under which it is recorded: write a name here and take the value apart \
                 in the body",
            );
            None
        }
    }
}

/// `&'a T` is fine for a parameter `'a` of the function; a value that lives for ever is not to be had.
fn lifetime_is_own(reference: &TypeReference, generics: &Generics, errors: &mut Errors) -> bool {
    let Some(lifetime) = &reference.lifetime else {
        return true;
    };
    let own = lifetime.ident == "_" || generics.lifetimes().any(|own| own.lifetime == *lifetime);
    if !own {
        errors.at(
            lifetime,
            format!("an input lives as long as the call of the step: remove `{lifetime}`"),
        );
    }
    own
}

/// The type of the artifact that an argument of type `target` (without the reference) is read from.
fn stored(target: &Type, passing: Passing, errors: &mut Errors) -> Option<TokenStream> {
    let (first, _) = spans::ends(target);
    if passing == Passing::Borrowed {
        match target {
            Type::Slice(slice) => {
                let elem = &slice.elem;
                owned(elem, errors)?;
                return Some(spans::around(slice, quote!(::std::vec::Vec<), elem, quote!(>)));
            }
            Type::Path(path) if path.path.is_ident("str") => {
                return Some(spans::at(first, quote!(::std::string::String)));
            }
            Type::Path(path)
                if path.qself.is_none()
                    && path
                        .path
                        .segments
                        .last()
                        .is_some_and(|s| s.ident == "Path" && s.arguments.is_none()) =>
            {
                return Some(spans::at(first, quote!(::std::path::PathBuf)));
            }
            _ => {}
        }
    }
    match target {
        Type::TraitObject(_) => {
            errors.at(
                target,
                "an input of a step has one type, which is stored: write the type, or a type parameter",
            );
            return None;
        }
        Type::Slice(_) => {
            errors.at(target, "a slice is taken by reference: `&[T]`");
            return None;
        }
        _ => {}
    }
    owned(target, errors)?;
    Some(target.to_token_stream())
}

fn owned(target: &Type, errors: &mut Errors) -> Option<()> {
    let message = "an input of a step is an owned value that is stored: a reference or lifetime may stand only around \
                   the whole type, as in `&T`";
    check_owned(target, message, errors).then_some(())
}

/// The last segment of a type's path, behind references.
fn last_segment(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Reference(reference) => last_segment(&reference.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        Type::Group(group) => last_segment(&group.elem),
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// The variable that holds input number `i`.
pub(super) fn variable(i: usize) -> Ident {
    format_ident!("__zen_input_{i}")
}
