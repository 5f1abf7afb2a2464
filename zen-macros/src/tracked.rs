//! `#[tracked]`: an item whose code other files' steps can name in `depends(..)`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Attribute, Generics, Ident, Item, Visibility};

use crate::attribute;
use crate::errors::Errors;
use crate::item::{self, Core};

const KEYS: &[&str] = &["crate"];
const EXPECTED: &str = "a function, `const`, `static`, `struct` or `enum`";

/// The expansion of `#[tracked(attributes)] item`.
pub(crate) fn tracked(attributes: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut core = None;
    for entry in attribute::entries(attributes, &mut errors) {
        match entry.key.to_string().as_str() {
            "crate" => core = errors.check(entry.path()),
            _ => errors.push(attribute::unknown_key(&entry.key, "`#[tracked]`", KEYS)),
        }
    }
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => return item::with_error(tokens, &error),
    };
    let core = Core::new(core.as_ref());
    let code = crate::code::of_item(&item);
    let companion = match &item {
        Item::Fn(item) if super::step::signature::has_receiver(&item.sig) => {
            errors.at(
                &item.sig.ident,
                "mark the type, not its method: all its methods in this file count with it",
            );
            TokenStream::new()
        }
        Item::Fn(item) => named(&core, &item.attrs, &item.vis, &item.sig.ident, &code),
        Item::Const(item) if item.ident == "_" => {
            errors.at(
                &item.ident,
                "a constant without a name can't be named in `depends(..)`",
            );
            TokenStream::new()
        }
        Item::Const(item) => named(&core, &item.attrs, &item.vis, &item.ident, &code),
        Item::Static(item) => named(&core, &item.attrs, &item.vis, &item.ident, &code),
        Item::Struct(item) => of_type(&core, &item.attrs, &item.ident, &item.generics, &code),
        Item::Enum(item) => of_type(&core, &item.attrs, &item.ident, &item.generics, &code),
        Item::Union(item) => of_type(&core, &item.attrs, &item.ident, &item.generics, &code),
        other => {
            errors.push(item::wrong_item(other, "tracked", EXPECTED));
            TokenStream::new()
        }
    };
    let errors = errors.into_compile_errors();
    quote!(#item #companion #errors)
}

/// A type of the same name as a function or value, which carries its identity.
fn named(core: &Core, attributes: &[Attribute], vis: &Visibility, ident: &Ident, code: &str) -> TokenStream {
    let root = &core.root;
    let cfgs = item::cfgs(attributes);
    let docs = format!(" The identity of `{}`, for `depends(..)`.", ident.unraw());
    quote! {
        #(#cfgs)*
        #[doc = #docs]
        #[doc(hidden)]
        #[allow(non_camel_case_types, missing_debug_implementations, dead_code, clippy::upper_case_acronyms)]
        #vis struct #ident {}
        #(#cfgs)*
        impl #root::Tracked for #ident {
            const CODE: &'static str = #code;
        }
    }
}

fn of_type(
    core: &Core,
    attributes: &[Attribute],
    ident: &Ident,
    generics: &Generics,
    code: &str,
) -> TokenStream {
    let root = &core.root;
    let cfgs = item::cfgs(attributes);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    quote! {
        #(#cfgs)*
        impl #impl_generics #root::Tracked for #ident #type_generics #where_clause {
            const CODE: &'static str = #code;
        }
    }
}
