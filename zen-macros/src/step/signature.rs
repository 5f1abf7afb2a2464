//! What the signature of a step or a pipeline may not have, in words.

use syn::visit::{self, Visit};
use syn::{FnArg, GenericParam, Lifetime, Safety, Signature, Type, TypeImplTrait, WherePredicate};

use crate::errors::Errors;

pub(crate) fn has_receiver(signature: &Signature) -> bool {
    matches!(signature.inputs.first(), Some(FnArg::Receiver(_)))
}

/// Reports what neither a step nor a pipeline (`what`) may have.
pub(crate) fn check(signature: &Signature, what: &str, errors: &mut Errors) {
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(
            token,
            format!("a {what} is a safe function: remove `unsafe`, and keep unsafe code inside"),
        );
    }
    if let Some(abi) = &signature.abi {
        errors.at(
            abi,
            format!("a {what} is an ordinary Rust function: remove `extern`"),
        );
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, format!("a {what} takes a fixed number of arguments"));
    }
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
        errors.at(
            receiver,
            format!(
                "a {what} is a free function and takes no `self`: move it out of the `impl` block and pass what it \
                 needs as an argument"
            ),
        );
    }
    for parameter in &signature.generics.params {
        if let GenericParam::Type(parameter) = parameter
            && let Some((_, default)) = &parameter.default
        {
            errors.at(default, "type parameters of functions have no defaults");
        }
    }
    let lifetimes: Vec<_> = signature
        .generics
        .lifetimes()
        .map(|parameter| &parameter.lifetime)
        .collect();
    let mut bounds = Lifetimes(&lifetimes, errors);
    for parameter in signature.generics.type_params() {
        parameter
            .bounds
            .iter()
            .for_each(|bound| bounds.visit_type_param_bound(bound));
    }
    for predicate in signature
        .generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates)
    {
        if let WherePredicate::Type(predicate) = predicate {
            bounds.visit_predicate_type(predicate);
        }
    }
    let mut impls = ImplTraits(errors, what);
    impls.visit_signature(signature);
}

/// Lifetimes of the function in bounds of its type parameters, which outlive the call.
struct Lifetimes<'e>(&'e [&'e Lifetime], &'e mut Errors);

impl Visit<'_> for Lifetimes<'_> {
    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if self.0.contains(&lifetime) {
            self.1.at(
                lifetime,
                "a lifetime may stand only at references that are taken, as in `&'a T`",
            );
        }
    }
}

struct ImplTraits<'e>(&'e mut Errors, &'e str);

impl Visit<'_> for ImplTraits<'_> {
    fn visit_type_impl_trait(&mut self, ty: &TypeImplTrait) {
        let what = self.1;
        self.0.at(
            ty,
            format!(
                "a {what} has types that can be named, because values of them are stored: write the type instead of \
                 `impl ..`, or a type parameter"
            ),
        );
    }
}

/// Reports lifetimes and references inside a type that has to be owned; true if there are none.
pub(crate) fn check_owned(ty: &Type, message: &str, errors: &mut Errors) -> bool {
    struct Borrows(Option<syn::Error>, String);
    impl Visit<'_> for Borrows {
        fn visit_lifetime(&mut self, lifetime: &Lifetime) {
            if self.0.is_none() {
                self.0 = Some(syn::Error::new(lifetime.span(), &self.1));
            }
        }
        fn visit_type_reference(&mut self, reference: &syn::TypeReference) {
            if self.0.is_none() {
                self.0 = Some(syn::Error::new_spanned(reference, &self.1));
            }
        }
        // `fn(&str)` and `dyn Fn(&str)` borrow nothing.
        fn visit_type_fn_ptr(&mut self, _: &syn::TypeFnPtr) {}
        fn visit_type_trait_object(&mut self, ty: &syn::TypeTraitObject) {
            for bound in &ty.bounds {
                if let syn::TypeParamBound::Lifetime(lifetime) = bound {
                    self.visit_lifetime(lifetime);
                }
            }
        }
        fn visit_expr(&mut self, _: &syn::Expr) {}
        fn visit_path_arguments(&mut self, arguments: &syn::PathArguments) {
            if !matches!(arguments, syn::PathArguments::Parenthesized(_)) {
                visit::visit_path_arguments(self, arguments);
            }
        }
    }
    let mut borrows = Borrows(None, message.to_owned());
    borrows.visit_type(ty);
    match borrows.0 {
        Some(error) => {
            errors.push(error);
            false
        }
        None => true,
    }
}
