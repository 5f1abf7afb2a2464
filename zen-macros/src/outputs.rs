//! `#[derive(Outputs)]`: a struct whose fields are the outputs of a step.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Field, Fields, GenericParam, Ident, LitStr};

use crate::attribute::{self, Entry};
use crate::errors::Errors;
use crate::item::{self, Core};
use crate::spans;
use crate::step::output::field_key;
use crate::step::signature::check_owned;

const KEYS: &[&str] = &["handles", "crate"];

/// The expansion of `#[derive(Outputs)] tokens`.
pub(crate) fn derive(tokens: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(tokens)?;
    let mut errors = Errors::default();
    let mut handles = None;
    let mut core = None;
    for attribute in input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("outputs"))
    {
        let Some(list) = errors.check(attribute.meta.require_list()) else {
            continue;
        };
        for entry in attribute::entries(list.tokens.clone(), &mut errors) {
            match entry.key.to_string().as_str() {
                "handles" => handles = errors.check(handles_name(&entry)),
                "crate" => core = errors.check(entry.path()),
                _ => errors.push(attribute::unknown_key(&entry.key, "`#[outputs]`", KEYS)),
            }
        }
    }
    let Some(fields) = fields(&input, &mut errors) else {
        return Ok(errors.into_compile_errors());
    };
    for field in &fields {
        let message = "an output is an owned value, because it is stored: write the field without references or lifetimes";
        check_owned(&field.ty, message, &mut errors);
    }
    for parameter in input.generics.lifetimes() {
        errors.at(
            parameter,
            "outputs are owned values, because they are stored: remove the lifetime",
        );
    }
    if !errors.is_empty() {
        return Ok(errors.into_compile_errors());
    }
    let handles = handles
        .unwrap_or_else(|| format_ident!("{}Artifacts", input.ident.unraw(), span = input.ident.span()));
    Ok(Outputs {
        input: &input,
        fields,
        handles,
        core: Core::new(core.as_ref()),
    }
    .expand())
}

fn handles_name(entry: &Entry) -> syn::Result<Ident> {
    let text: LitStr = entry.text("SplitHandles")?;
    text.parse().map_err(|_| {
        syn::Error::new(
            text.span(),
            "`handles` takes the name of a type: `handles = \"SplitHandles\"`",
        )
    })
}

fn fields<'i>(input: &'i DeriveInput, errors: &mut Errors) -> Option<Vec<&'i Field>> {
    let wrong = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => return Some(fields.named.iter().collect()),
            Fields::Named(_) | Fields::Unit => "this struct has no field, so a step would have no output",
            Fields::Unnamed(_) => {
                "the fields of this struct have no names, and outputs have: give each field a name"
            }
        },
        Data::Enum(_) => {
            "the outputs of a step are fields of a struct: an `enum` is one value; derive serde for it instead"
        }
        Data::Union(_) => "the outputs of a step are fields of a struct",
    };
    errors.at(
        &input.ident,
        format!("{wrong}. `Outputs` can be derived for a struct with named fields"),
    );
    None
}

struct Outputs<'i> {
    input: &'i DeriveInput,
    fields: Vec<&'i Field>,
    handles: Ident,
    core: Core,
}

impl Outputs<'_> {
    fn expand(&self) -> TokenStream {
        let Core { root, graph, private } = &self.core;
        let name = &self.input.ident;
        let struct_ = self.handles_struct();
        let handles = self.handle_impls();
        let types: Vec<_> = self.fields.iter().map(|field| &field.ty).collect();
        let names: Vec<_> = self
            .fields
            .iter()
            .filter_map(|field| field.ident.as_ref())
            .collect();
        let texts: Vec<_> = names.iter().map(|name| name.unraw().to_string()).collect();
        let numbers = 0..u16::try_from(names.len()).unwrap_or(u16::MAX);
        let handles_name = &self.handles;
        let (impl_generics, type_generics, _) = self.input.generics.split_for_impl();
        let (where_clause, own_conditions) = (self.where_clause(true), self.where_clause(false));
        let first_field = names.first();
        // The first to be reported, and at the name: the others would say the same less clearly.
        let conflict = quote!(impl #impl_generics #private::OutputsStructMustNotAlsoDeriveSerde for #name #type_generics);
        let conflict = spans::at(name.span(), conflict);
        quote! {
            #conflict #own_conditions {}

            #struct_
            #handles

            #[automatically_derived]
            #[allow(trivial_bounds)]
            impl #impl_generics #graph::StepOutput for #name #type_generics #where_clause {
                type Handles = #handles_name #type_generics;
                fn specs() -> ::std::vec::Vec<#private::OutputSpec> {
                    ::std::vec![#(#private::OutputSpec::of::<#types>(#texts)),*]
                }
                fn into_values(self) -> ::std::vec::Vec<#private::OutputValue> {
                    ::std::vec![#(#private::OutputValue::new(self.#names)),*]
                }
                fn handles(__zen_node: #private::NodeHandle) -> Self::Handles {
                    #handles_name { #(#names: __zen_node.output(#numbers)),* }
                }
            }

            #[automatically_derived]
            #[allow(trivial_bounds)]
            impl #impl_generics #graph::Handle for #handles_name #type_generics #own_conditions {
                fn node(&self) -> #private::NodeHandle {
                    #graph::Handle::node(&self.#first_field)
                }
            }

            #[automatically_derived]
            #[allow(trivial_bounds)]
            impl #impl_generics #graph::PipelineOutput for #handles_name #type_generics #where_clause {
                type Value = #name #type_generics;
                fn references(&self) -> ::std::vec::Vec<#private::OutputRef> {
                    ::std::vec![#(self.#names.reference()),*]
                }
                fn load(
                    __zen_values: &mut #private::OutputLoader,
                ) -> ::core::result::Result<Self::Value, #root::artifact::ArtifactError> {
                    ::core::result::Result::Ok(#name { #(#names: __zen_values.take_owned()?),* })
                }
            }
        }
    }

    fn handles_struct(&self) -> TokenStream {
        let graph = &self.core.graph;
        let (vis, handles, name) = (&self.input.vis, &self.handles, self.input.ident.to_string());
        let fields = self.fields.iter().map(|field| {
            let Field { vis, ident, ty, .. } = field;
            let text = item::summary(&item::docs(&field.attrs));
            let text = match (&text, ident) {
                (text, _) if !text.is_empty() => text.clone(),
                (_, Some(ident)) => format!("The output `{}`.", ident.unraw()),
                _ => String::new(),
            };
            let docs = text.lines().map(|line| format!(" {line}")).collect::<Vec<_>>();
            quote!(#(#[doc = #docs])* #vis #ident: #graph::Artifact<#ty>)
        });
        let docs = format!(
            " The handles of the outputs of [`{name}`]: what a call of a step that returns it gives in a pipeline."
        );
        let generics = &self.input.generics;
        let own = generics.where_clause.as_ref();
        if generics.params.is_empty() {
            return quote! {
                #[doc = #docs]
                #[derive(Clone, Copy, Debug)]
                #[allow(dead_code)]
                #vis struct #handles { #(#fields),* }
            };
        }
        // Derived implementations would ask of the parameters what handles don't need.
        let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
        let params = params_without_defaults(generics);
        let (names, text) = (self.fields.iter().map(|field| &field.ident), handles.to_string());
        let texts = self
            .fields
            .iter()
            .filter_map(|field| field.ident.as_ref().map(|name| name.unraw().to_string()));
        quote! {
            #[doc = #docs]
            #[allow(dead_code)]
            #vis struct #handles<#params> #own { #(#fields),* }
            #[automatically_derived]
            impl #impl_generics ::core::clone::Clone for #handles #type_generics #where_clause {
                fn clone(&self) -> Self { *self }
            }
            #[automatically_derived]
            impl #impl_generics ::core::marker::Copy for #handles #type_generics #where_clause {}
            #[automatically_derived]
            impl #impl_generics ::core::fmt::Debug for #handles #type_generics #where_clause {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.debug_struct(#text) #(.field(#texts, &self.#names))* .finish()
                }
            }
        }
    }

    /// Each handle by its name's number: how `#[step(outputs(name = Codec))]` finds it.
    fn handle_impls(&self) -> TokenStream {
        let Core { graph, private, .. } = &self.core;
        let handles = &self.handles;
        let (impl_generics, type_generics, _) = self.input.generics.split_for_impl();
        let where_clause = self.where_clause(false);
        self.fields
            .iter()
            .filter_map(|field| field.ident.as_ref().map(|name| (name, &field.ty)))
            .map(|(name, ty)| {
                let key = field_key(&name.unraw().to_string());
                quote! {
                    #[automatically_derived]
                    impl #impl_generics #private::OutputField<#key> for #handles #type_generics #where_clause {
                        type Value = #ty;
                        fn field(&self) -> #graph::Artifact<#ty> { self.#name }
                    }
                }
            })
            .collect()
    }

    /// The struct's own conditions and, with `stored`, that its fields can be stored. Said of types that don't depend
    /// on a parameter too, that reports each field once, at its type.
    fn where_clause(&self, stored: bool) -> TokenStream {
        let root = &self.core.root;
        let own = self
            .input
            .generics
            .where_clause
            .iter()
            .flat_map(|clause| &clause.predicates);
        let storable = self.fields.iter().filter(|_| stored).map(|field| {
            spans::around(
                &field.ty,
                quote!(),
                &field.ty,
                quote!(: #root::artifact::Materialize),
            )
        });
        let predicates: Vec<_> = own.map(ToTokens::to_token_stream).chain(storable).collect();
        if predicates.is_empty() {
            quote!()
        } else {
            quote!(where #(#predicates),*)
        }
    }
}

fn params_without_defaults(generics: &syn::Generics) -> TokenStream {
    let params = generics.params.iter().map(|parameter| match parameter.clone() {
        GenericParam::Type(mut parameter) => {
            parameter.default = None;
            GenericParam::Type(parameter)
        }
        GenericParam::Const(mut parameter) => {
            parameter.default = None;
            GenericParam::Const(parameter)
        }
        lifetime => lifetime,
    });
    quote!(#(#params),*)
}
