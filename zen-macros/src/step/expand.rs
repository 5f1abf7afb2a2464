//! The companion of a step.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::visit::Visit;
use syn::{GenericParam, Generics, Ident, ItemFn, Type};

use super::args::{Arguments, Passing};
use super::attrs::Attributes;
use super::output::Output;
use crate::item::Core;
use crate::{item, spans};

/// A step, understood.
pub(super) struct Step<'s> {
    pub(super) function: &'s ItemFn,
    pub(super) attributes: &'s Attributes,
    pub(super) arguments: &'s Arguments,
    pub(super) output: &'s Output,
}

impl Step<'_> {
    /// The type of the same name, and its `node` and `definition`.
    pub(super) fn companion(&self, code: &str) -> TokenStream {
        let core = Core::new(self.attributes.krate.as_ref());
        let Core { root, .. } = &core;
        let (name, vis) = (&self.function.sig.ident, &self.function.vis);
        let cfgs = item::cfgs(&self.function.attrs);
        let docs = self.companion_docs();
        let struct_ = spans::at(name.span(), quote!(struct #name {}));
        let out = self.output.ty(&core);
        let node = self.node(&core, &out);
        let definition = self.definition(&core, &out, code);
        quote! {
            #(#cfgs)*
            #(#[doc = #docs])*
            #[doc(hidden)]
            #[allow(non_camel_case_types, missing_debug_implementations, dead_code)]
            #vis #struct_

            #(#cfgs)*
            #[allow(dead_code, unused_mut, trivial_bounds, clippy::all, clippy::pedantic, clippy::nursery)]
            impl #name {
                #node
                #definition
            }

            #(#cfgs)*
            impl #root::Tracked for #name {
                const CODE: &'static str = #code;
            }
        }
    }

    fn node(&self, core: &Core, out: &TokenStream) -> TokenStream {
        let private = &core.private;
        let vis = &self.function.vis;
        let span = self.function.sig.ident.span();
        let (node, fn_) = (Ident::new("node", span), spans::at(span, quote!(fn)));
        let (impl_generics, where_clause) = self.generics(core, out);
        let turbofish = self.turbofish();
        let arguments = self.arguments.inputs().map(|input| input.node_argument(core));
        let inputs = self.arguments.inputs().map(|input| {
            let (name, stored) = (&input.name, &input.stored);
            quote!(#private::IntoInput::<#stored>::into_input(#name))
        });
        let handles = self.handles(core, out);
        let codecs = self.output.codecs(core);
        quote! {
            #[doc(hidden)]
            #[track_caller]
            #vis #fn_ #node #impl_generics(#(#arguments),*) -> #handles #where_clause {
                let __zen_handles = #private::add_step::<#out>(
                    Self::definition #turbofish(),
                    ::std::vec![#(#inputs),*],
                );
                #codecs
                __zen_handles
            }
        }
    }

    fn definition(&self, core: &Core, out: &TokenStream, code: &str) -> TokenStream {
        let Core { graph, .. } = core;
        let (vis, ident) = (&self.function.vis, &self.function.sig.ident);
        let path = ident.unraw().to_string();
        let name = self
            .attributes
            .name
            .as_ref()
            .map_or_else(|| path.clone(), |name| name.value());
        let docs = item::docs(&self.function.attrs);
        let (impl_generics, where_clause) = self.generics(core, out);
        let settings = self.attributes.settings(core);
        let names = self.output.name_definition(out, core);
        let handles = self.handles(core, out);
        let inputs = self.arguments.inputs().map(|input| {
            let (name, stored) = (input.name.unraw().to_string(), &input.stored);
            // What depends on a type parameter isn't known to be storable; a handle of it is a promise that it is.
            let method = if mentions(&self.function.sig.generics, &input.ty) {
                quote!(input_any)
            } else {
                quote!(input)
            };
            quote!(.#method::<#stored>(#name))
        });
        let generic_names = self.generic_names();
        let body = self.body(core, out);
        // `line!` of a token that stands in the source: the line of the function, not of the attribute.
        let place = quote_spanned!(ident.span()=> .place(::core::file!(), ::core::line!()));
        quote! {
            #[doc = "The step as a value, for `zen_core::graph::GraphBuilder`."]
            #vis fn definition #impl_generics() -> #graph::StepDefinition #where_clause {
                // Where the output can't be stored, this gives the same error as the signature of `node`, which rustc
                // shows once; below it would be another.
                let _: ::core::marker::PhantomData<#handles>;
                let __zen_step = #graph::StepDefinition::new(
                    #name,
                    ::core::concat!(::core::module_path!(), "::", #path),
                    #code,
                )
                #place
                .docs(#docs)
                .generics(::std::vec![#(#generic_names),*])
                .panic_aborts(::core::cfg!(panic = "abort"))
                #settings
                #(#inputs)*
                #body;
                #names
                __zen_step
            }
        }
    }

    /// The type of what a call returns in a pipeline.
    fn handles(&self, core: &Core, out: &TokenStream) -> TokenStream {
        let graph = &core.graph;
        spans::around(
            self.output.written(),
            quote!(<),
            out,
            quote!(as #graph::StepOutput>::Handles),
        )
    }

    /// Expressions of type `String`, one for each type and constant parameter.
    fn generic_names(&self) -> impl Iterator<Item = TokenStream> {
        self.function
            .sig
            .generics
            .params
            .iter()
            .filter_map(|parameter| match parameter {
                GenericParam::Type(parameter) => {
                    let ident = &parameter.ident;
                    Some(quote!(::std::string::ToString::to_string(::core::any::type_name::<#ident>())))
                }
                GenericParam::Const(parameter) => {
                    let ident = &parameter.ident;
                    Some(quote!(::std::string::ToString::to_string(&#ident)))
                }
                GenericParam::Lifetime(_) => None,
            })
    }

    /// The generics of `node` and `definition`: those of the function without lifetimes, and what storing needs, so
    /// that a step says only what its own body needs.
    fn generics(&self, core: &Core, out: &TokenStream) -> (TokenStream, TokenStream) {
        let Core { root, graph, .. } = core;
        let generics = without_lifetimes(&self.function.sig.generics);
        let mut predicates = Vec::new();
        for input in self
            .arguments
            .inputs()
            .filter(|input| mentions(&generics, &input.ty))
        {
            let stored = &input.stored;
            predicates.push(quote!(#stored: ::core::marker::Send + ::core::marker::Sync + 'static));
            if input.passing == Passing::Owned {
                predicates.push(quote!(#stored: ::core::clone::Clone));
            }
        }
        match self.output.elements() {
            Some(elements) => {
                // Also of types that don't depend on a parameter: an element that can't be stored is then reported at
                // its place, and the tuple around it is not.
                let stored = elements
                    .iter()
                    .map(|ty| spans::around(ty, quote!(), ty, quote!(: #root::artifact::Materialize)));
                predicates.extend(stored);
            }
            None if self.output.written().is_some_and(|ty| mentions(&generics, ty)) => {
                predicates.push(quote!(#out: #graph::StepOutput));
            }
            None => {}
        }
        let params = &generics.params;
        let angles = if params.is_empty() {
            quote!()
        } else {
            quote!(<#params>)
        };
        let own = generics
            .where_clause
            .as_ref()
            .map(|clause| clause.predicates.iter().collect::<Vec<_>>());
        let own = own.unwrap_or_default();
        let where_clause = match own.is_empty() && predicates.is_empty() {
            true => quote!(),
            false => quote!(where #(#own,)* #(#predicates,)*),
        };
        (angles, where_clause)
    }

    pub(super) fn turbofish(&self) -> TokenStream {
        let generics = without_lifetimes(&self.function.sig.generics);
        let (_, ty_generics, _) = generics.split_for_impl();
        let turbofish = ty_generics.as_turbofish();
        quote!(#turbofish)
    }

    fn companion_docs(&self) -> Vec<String> {
        let name = self.function.sig.ident.unraw();
        let mut lines = Vec::new();
        let summary = item::summary(&item::docs(&self.function.attrs));
        if !summary.is_empty() {
            lines.extend(summary.lines().map(|line| format!(" {line}")));
            lines.push(String::new());
        }
        lines.push(format!(
            " The step of the function `{name}`, as a node of a pipeline."
        ));
        lines
    }
}

/// The generics without lifetimes, which the companion's functions don't have.
fn without_lifetimes(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    generics.params = generics
        .params
        .into_iter()
        .filter(|p| !matches!(p, GenericParam::Lifetime(_)))
        .collect();
    if let Some(clause) = &mut generics.where_clause {
        clause.predicates = std::mem::take(&mut clause.predicates)
            .into_iter()
            .filter(|predicate| !matches!(predicate, syn::WherePredicate::Lifetime(_)))
            .collect();
    }
    generics
}

/// Whether a type depends on the parameters.
fn mentions(generics: &Generics, ty: &Type) -> bool {
    struct Mentions<'g>(&'g Generics, bool);
    impl Visit<'_> for Mentions<'_> {
        fn visit_ident(&mut self, ident: &Ident) {
            self.1 |= self.0.params.iter().any(|parameter| match parameter {
                GenericParam::Type(parameter) => parameter.ident == *ident,
                GenericParam::Const(parameter) => parameter.ident == *ident,
                GenericParam::Lifetime(_) => false,
            });
        }
    }
    let mut mentions = Mentions(generics, false);
    mentions.visit_type(ty);
    mentions.1
}
