//! `#[derive(Row)]`: a struct whose fields are the tensors of a model's input or output.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Field, Fields};

use crate::attribute;
use crate::errors::Errors;
use crate::item::Core;

const KEYS: &[&str] = &["crate"];

/// The expansion of `#[derive(Row)] tokens`.
pub(crate) fn derive(tokens: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(tokens)?;
    let mut errors = Errors::default();
    let mut core = None;
    for attribute in input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("row"))
    {
        let Some(list) = errors.check(attribute.meta.require_list()) else {
            continue;
        };
        for entry in attribute::entries(list.tokens.clone(), &mut errors) {
            match entry.key.to_string().as_str() {
                "crate" => core = errors.check(entry.path()),
                _ => errors.push(attribute::unknown_key(&entry.key, "`#[row]`", KEYS)),
            }
        }
    }
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "a row has no type parameters: its tensors have fixed types",
        );
    }
    let fields = fields(&input, &mut errors);
    if !errors.is_empty() {
        return Ok(errors.into_compile_errors());
    }
    Ok(expand(&input, &fields, &Core::new(core.as_ref())))
}

fn fields<'i>(input: &'i DeriveInput, errors: &mut Errors) -> Vec<&'i Field> {
    if let Data::Struct(data) = &input.data
        && let Fields::Named(fields) = &data.fields
        && !fields.named.is_empty()
    {
        return fields.named.iter().collect();
    }
    errors.at(
        &input.ident,
        "`Row` can be derived for a struct with named fields: each is a tensor of that name, with a number, `bool`, `String`, or an array or \
         vector of them for each row",
    );
    Vec::new()
}

fn expand(input: &DeriveInput, fields: &[&Field], core: &Core) -> TokenStream {
    let ident = &input.ident;
    let root = &core.root;
    let serving = quote!(#root::serving);
    let names: Vec<_> = fields.iter().filter_map(|field| field.ident.as_ref()).collect();
    let texts: Vec<_> = names.iter().map(|name| name.unraw().to_string()).collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    // Names of their own, lest a field is called as one of ours.
    let columns: Vec<_> = (0..fields.len())
        .map(|place| quote::format_ident!("__column_{place}"))
        .collect();
    let places: Vec<usize> = (0..fields.len()).collect();
    let count = fields.len();
    let all = texts.join(", ");
    quote! {
        #[automatically_derived]
        impl #serving::Row for #ident {
            fn specs(_: &str) -> ::std::vec::Vec<#serving::TensorSpec> {
                ::std::vec![#(#serving::column_spec::<#types>(#texts)),*]
            }

            fn read(
                tensors: &[#serving::Tensor],
            ) -> ::std::result::Result<::std::vec::Vec<Self>, #serving::RowError> {
                if tensors.len() != #count {
                    return ::std::result::Result::Err(#serving::RowError::Count {
                        expected: #count,
                        names: ::std::string::String::from(#all),
                        found: tensors.len(),
                    });
                }
                let rows = tensors[0].shape().first().copied().unwrap_or(0);
                #(
                    let mut #columns = #serving::read_column::<#types>(&tensors[#places])?.into_iter();
                    if #columns.len() != rows {
                        return ::std::result::Result::Err(#serving::RowError::Rows {
                            name: ::std::string::String::from(#texts),
                            expected: rows,
                            found: #columns.len(),
                        });
                    }
                )*
                let mut all = ::std::vec::Vec::with_capacity(rows);
                while let (#(::std::option::Option::Some(#columns),)*) = (#(#columns.next(),)*) {
                    all.push(Self { #(#names: #columns),* });
                }
                ::std::result::Result::Ok(all)
            }

            fn write(
                rows: &[Self],
                names: &[#serving::TensorSpec],
            ) -> ::std::result::Result<::std::vec::Vec<#serving::Tensor>, #serving::RowError> {
                let name = |place: usize, own: &'static str| {
                    names.get(place).map_or_else(|| ::std::string::String::from(own), |spec| spec.name.clone())
                };
                ::std::result::Result::Ok(::std::vec![#(
                    #serving::write_column(&name(#places, #texts), rows.iter().map(|row| &row.#names))?
                ),*])
            }

            fn check(
                &self,
                specs: &[#serving::TensorSpec],
            ) -> ::std::result::Result<(), #serving::RowError> {
                #(
                    if let ::std::option::Option::Some(spec) = specs.get(#places) {
                        #serving::check_cell(&self.#names, spec)?;
                    }
                )*
                ::std::result::Result::Ok(())
            }
        }
    }
}
