//! The expansion of a pipeline: the function that returns a `Pipeline`, its companion, and its registration.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Attribute, FnArg, GenericParam, Ident, ItemFn, Meta, Pat, ReturnType, Type};

use super::attrs::Attributes;
use crate::item::Core;
use crate::{item, spans, types};

/// A pipeline, understood.
pub(super) struct Pipeline<'p> {
    pub(super) function: &'p ItemFn,
    pub(super) attributes: &'p Attributes,
    /// The same function with its body rewritten.
    pub(super) rewritten: &'p ItemFn,
}

impl Pipeline<'_> {
    pub(super) fn expand(&self) -> TokenStream {
        let core = Core::new(self.attributes.krate.as_ref());
        let function = self.outer(&core);
        let companion = self.companion(&core);
        let registration = self.registration(&core);
        quote!(#function #companion #registration)
    }

    /// The function as it is called from ordinary code.
    fn outer(&self, core: &Core) -> TokenStream {
        let Core { graph, private, .. } = core;
        let ItemFn { attrs, vis, sig, .. } = self.function;
        let (name, generics, where_clause) = (&sig.ident, &sig.generics, &sig.generics.where_clause);
        let attributes = attrs.iter().map(outer_attribute);
        let arguments = self.arguments();
        let declared = arguments.iter().map(|(name, ty)| quote!(#name: #ty));
        let names: Vec<_> = arguments.iter().map(|(name, _)| name).collect();
        let texts = names.iter().map(|name| name.unraw().to_string());
        let returned = self.returned();
        let written = self.written();
        let (start, _) = spans::ends(&written);
        let build = quote!(#graph::Pipeline::build_registered(__zen_meta, __zen_arguments, __zen_body));
        let build = spans::at(start, build);
        let turbofish = self.turbofish();
        let (run_name, path, docs) = (self.name(), self.path(), item::docs(attrs));
        let cache = match self.attributes.cache {
            Some(cache) => quote!(::core::option::Option::Some(#cache)),
            None => quote!(::core::option::Option::None),
        };
        let registered = self.is_registered();
        let hooks = self.attributes.hooks.calls();
        let place = self.place();
        let record = if names.is_empty() {
            quote!()
        } else {
            quote!(#[allow(unused_imports)] use #private::{RecordArgument as _, RecordOther as _};)
        };
        quote! {
            #(#attributes)*
            #vis fn #name #generics(#(#declared),*) -> #graph::Pipeline<#returned> #where_clause {
                let __zen_arguments = {
                    #record
                    #private::Arguments::new() #(.with(#texts, (&&#private::Argument(&#names)).record()))*
                };
                let __zen_meta = #private::PipelineMeta {
                    name: #run_name,
                    path: #path,
                    #place
                    docs: #docs,
                    cache: #cache,
                    registered: #registered,
                    hooks: #private::Hooks::new() #hooks,
                };
                let __zen_body = move || <#name>::node #turbofish(#(#names),*);
                #build
            }
        }
    }

    /// The companion, whose `node` is what a call in another pipeline's body becomes.
    fn companion(&self, core: &Core) -> TokenStream {
        let private = &core.private;
        let ItemFn { attrs, vis, sig, .. } = self.function;
        let (ident, generics, where_clause) = (&sig.ident, &sig.generics, &sig.generics.where_clause);
        let cfgs = item::cfgs(attrs);
        let lints = self.rewritten.attrs.iter().filter(|attribute| is_lint(attribute));
        let docs = format!(
            " The pipeline of the function `{}`, as a part of another pipeline.",
            ident.unraw()
        );
        let fn_ = spans::at(ident.span(), quote!(fn));
        let struct_ = spans::at(ident.span(), quote!(struct #ident {}));
        let node = Ident::new("node", ident.span());
        let inputs = &self.rewritten.sig.inputs;
        let output = &sig.output;
        // Without it, what the body returns by mistake would be reported at the attribute.
        let closure_output = match output {
            ReturnType::Default => quote!(-> ()),
            written => quote!(#written),
        };
        let body = &self.rewritten.block;
        let name = self.name();
        quote! {
            #(#cfgs)*
            #[doc = #docs]
            #[doc(hidden)]
            #[allow(non_camel_case_types, missing_debug_implementations, dead_code)]
            #vis #struct_

            #(#cfgs)*
            #[allow(dead_code)]
            impl #ident {
                #[doc(hidden)]
                #[track_caller]
                #(#lints)*
                #vis #fn_ #node #generics(#inputs) #output #where_clause {
                    #private::inline(#name, || #closure_output #body)
                }
            }
        }
    }

    /// Makes the pipeline known by its path, so that another process of the same program can build it.
    fn registration(&self, core: &Core) -> TokenStream {
        if !self.is_registered() {
            return TokenStream::new();
        }
        let private = &core.private;
        let ident = &self.function.sig.ident;
        let cfgs = item::cfgs(&self.function.attrs);
        let (name, path, place) = (self.name(), self.path(), self.place());
        let (start, _) = spans::ends(self.written());
        let graph = &core.graph;
        let erase = spans::at(start, quote!(#graph::Pipeline::erase(__zen_pipeline)));
        let arguments = self.arguments();
        let names = arguments.iter().map(|(name, _)| name);
        let docs = item::docs(&self.function.attrs);
        let parameters = arguments.iter().map(|(name, ty)| {
            let (name, written, optional) = (name.unraw().to_string(), types::written(ty), types::is_option(ty));
            quote! {
                #private::ParameterEntry {
                    name: #name,
                    type_name: #written,
                    optional: #optional,
                    encode_json: |__zen_json| (&&#private::ArgumentType::<#ty>::new()).encode_json(__zen_json),
                }
            }
        });
        let decode = arguments.iter().map(|(name, ty)| {
            let text = name.unraw().to_string();
            quote!(let #name: #ty = (&&#private::ArgumentType::<#ty>::new()).decode(__zen_arguments, #text)?;)
        });
        quote! {
            #(#cfgs)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::{DecodeArgument as _, DecodeOther as _, JsonArgument as _, JsonOther as _};
                #private::inventory::submit! {
                    #private::PipelineEntry {
                        name: #name,
                        path: #path,
                        #place
                        docs: #docs,
                        parameters: &[#(#parameters),*],
                        rebuild: |__zen_arguments: &#private::EncodedArguments|
                            -> ::core::result::Result<#private::ErasedPipeline, ::std::string::String> {
                            #(#decode)*
                            let __zen_pipeline = #ident(#(#names),*);
                            ::core::result::Result::Ok(#erase)
                        },
                    }
                }
            };
        }
    }

    /// Names and types of the arguments.
    fn arguments(&self) -> Vec<(&Ident, &Type)> {
        let inputs = self.function.sig.inputs.iter();
        inputs
            .filter_map(|input| match input {
                FnArg::Typed(input) => match &*input.pat {
                    Pat::Ident(pattern) => Some((&pattern.ident, &*input.ty)),
                    _ => None,
                },
                FnArg::Receiver(_) => None,
            })
            .collect()
    }

    fn returned(&self) -> TokenStream {
        match &self.function.sig.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, ty) => quote!(#ty),
        }
    }

    /// Where errors about the return type point.
    fn written(&self) -> TokenStream {
        match &self.function.sig.output {
            ReturnType::Default => self.function.sig.ident.to_token_stream(),
            ReturnType::Type(_, ty) => ty.to_token_stream(),
        }
    }

    fn name(&self) -> String {
        match &self.attributes.name {
            Some(name) => name.value(),
            None => self.function.sig.ident.unraw().to_string(),
        }
    }

    fn path(&self) -> TokenStream {
        let name = self.function.sig.ident.unraw().to_string();
        quote!(::core::concat!(::core::module_path!(), "::", #name))
    }

    /// Fields for the place in the source; of the name, not of the attribute.
    fn place(&self) -> TokenStream {
        quote_spanned!(self.function.sig.ident.span()=> file: ::core::file!(), line: ::core::line!(),)
    }

    /// A generic pipeline can't be built by name: nobody says for which types.
    fn is_registered(&self) -> bool {
        self.function.sig.generics.params.is_empty()
    }

    fn turbofish(&self) -> TokenStream {
        let mut generics = self.function.sig.generics.clone();
        generics.params = generics
            .params
            .into_iter()
            .filter(|p| !matches!(p, GenericParam::Lifetime(_)))
            .collect();
        let (_, types, _) = generics.split_for_impl();
        let turbofish = types.as_turbofish();
        quote!(#turbofish)
    }
}

fn is_lint(attribute: &Attribute) -> bool {
    ["allow", "warn", "deny", "forbid", "expect"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

/// The function's attributes stay. An expected lint is met where the body is, and the body is in `node`.
fn outer_attribute(attribute: &Attribute) -> TokenStream {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("expect") => {
            let lints = &list.tokens;
            quote!(#[allow(#lints)])
        }
        _ => quote!(#attribute),
    }
}
