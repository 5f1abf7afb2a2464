//! Hooks: `on_success` and `on_failure` in the attributes of steps and pipelines, and `#[hook]`, which makes one known by its path.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{ExprPath, GenericParam, Ident, ItemFn};

use crate::attribute::{self, Entry};
use crate::errors::Errors;
use crate::item::{self, Core};
use crate::spans;

const KEYS: &[&str] = &["crate"];

/// The hooks that an attribute names: the method that adds one, and the function.
#[derive(Default)]
pub(crate) struct Hooks(Vec<(Ident, ExprPath)>);

impl Hooks {
    /// Takes the functions of an entry whose key is that of the method.
    pub(crate) fn set(&mut self, entry: &Entry) -> syn::Result<()> {
        let paths = entry.paths("notify")?;
        self.0
            .extend(paths.into_iter().map(|path| (entry.key.clone(), path)));
        Ok(())
    }

    /// The calls that add them to whatever has these methods.
    pub(crate) fn calls(&self) -> TokenStream {
        let calls = self.0.iter().map(|(method, path)| {
            // At the function: what is wrong with it is underlined there.
            let (start, _) = spans::ends(path);
            let method = Ident::new(&method.to_string(), start);
            quote_spanned!(start=> .#method(#path))
        });
        calls.collect()
    }
}

/// The expansion of `#[hook(attributes)] item`.
pub(crate) fn hook(attributes: TokenStream, tokens: TokenStream) -> TokenStream {
    let expected = "an async function: `async fn page(event: HookEvent) -> Result<()>`";
    let function: ItemFn = match item::function(&tokens, "hook", expected) {
        Ok(function) => function,
        Err(error) => return item::with_error(tokens, &error),
    };
    let mut errors = Errors::default();
    let mut core = None;
    for entry in attribute::entries(attributes, &mut errors) {
        match entry.key.to_string().as_str() {
            "crate" => core = errors.check(entry.path()),
            _ => errors.push(attribute::unknown_key(&entry.key, "`#[hook]`", KEYS)),
        }
    }
    check(&function, &mut errors);
    let registration = match errors.is_empty() {
        true => registration(&function, &Core::new(core.as_ref())),
        false => TokenStream::new(),
    };
    let errors = errors.into_compile_errors();
    quote!(#tokens #registration #errors)
}

fn check(function: &ItemFn, errors: &mut Errors) {
    let signature = &function.sig;
    if let Some(receiver) = signature.receiver() {
        errors.at(
            receiver,
            "a hook is a free function: nobody would have a `self` to call it with",
        );
    }
    let mut parameters = signature.generics.params.iter();
    if parameters.any(|parameter| !matches!(parameter, GenericParam::Lifetime(_))) {
        errors.at(
            &signature.generics,
            "a hook is found by its path, and nobody would say for which types: remove the type parameters, or leave `#[hook]` out and \
             name the function where it is to be called",
        );
    }
}

fn registration(function: &ItemFn, core: &Core) -> TokenStream {
    let Core { graph, private, .. } = core;
    let ident = &function.sig.ident;
    let cfgs = item::cfgs(&function.attrs);
    let name = ident.unraw().to_string();
    let place = quote_spanned!(ident.span()=> file: ::core::file!(), line: ::core::line!(),);
    let new = spans::at(ident.span(), quote!(#graph::Hook::new));
    quote! {
        #(#cfgs)*
        const _: () = {
            #private::inventory::submit! {
                #private::HookEntry {
                    name: #name,
                    path: ::core::concat!(::core::module_path!(), "::", #name),
                    #place
                    hook: || #new(#ident),
                }
            }
        };
    }
}
