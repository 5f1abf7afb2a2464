//! `#[derive(Metric)]`: a number that knows which way is better.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, Type};

use crate::attribute;
use crate::errors::Errors;
use crate::item::Core;

const KEYS: &[&str] = &["higher_is_better", "lower_is_better", "name", "crate"];

/// The expansion of `#[derive(Metric)] tokens`.
pub(crate) fn derive(tokens: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(tokens)?;
    let mut errors = Errors::default();
    let mut higher: Option<bool> = None;
    let (mut name, mut core) = (None, None);
    for attribute in input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("metric"))
    {
        let Some(list) = errors.check(attribute.meta.require_list()) else {
            continue;
        };
        for entry in attribute::entries(list.tokens.clone(), &mut errors) {
            match entry.key.to_string().as_str() {
                key @ ("higher_is_better" | "lower_is_better") => {
                    errors.check(entry.flag());
                    if higher.replace(key == "higher_is_better").is_some() {
                        errors.at(&entry.key, "a metric is better in one direction");
                    }
                }
                "name" => name = errors.check(entry.text("val_accuracy")),
                "crate" => core = errors.check(entry.path()),
                _ => errors.push(attribute::unknown_key(&entry.key, "`#[metric]`", KEYS)),
            }
        }
    }
    if !is_number(&input) {
        errors.at(
            &input.ident,
            "a metric is one number: `Metric` can be derived for `struct Name(f64)`",
        );
    }
    let core = Core::new(core.as_ref());
    let ident = &input.ident;
    let name = name.map_or_else(|| snake_case(&ident.unraw().to_string()), |name| name.value());
    if higher.is_none() && errors.is_empty() {
        errors.push(syn::Error::new(
            ident.span(),
            format!(
                "which way `{ident}` is better has to be said: add `#[metric(higher_is_better)]` or \
                 `#[metric(lower_is_better)]` to it"
            ),
        ));
    }
    let errors = errors.into_compile_errors();
    // Even then the trait is implemented, so that uses of it don't fail too.
    let higher = higher.unwrap_or(true);
    let implementation = is_number(&input).then(|| {
        let root = &core.root;
        quote! {
            #[automatically_derived]
            impl #root::metric::Metric for #ident {
                const NAME: &'static str = #name;
                const HIGHER_IS_BETTER: bool = #higher;
                fn new(value: f64) -> Self { Self(value) }
                fn value(&self) -> f64 { self.0 }
            }
        }
    });
    Ok(quote!(#implementation #errors))
}

fn is_number(input: &DeriveInput) -> bool {
    let Data::Struct(data) = &input.data else {
        return false;
    };
    let Fields::Unnamed(fields) = &data.fields else {
        return false;
    };
    let mut fields = fields.unnamed.iter();
    match (fields.next().map(|field| &field.ty), fields.next()) {
        (Some(Type::Path(path)), None) => {
            input.generics.params.is_empty()
                && path.path.segments.last().is_some_and(|last| last.ident == "f64")
        }
        _ => false,
    }
}

/// `RocAuc` is logged as `roc_auc`, `F1` as `f1`, `MAPEScore` as `mape_score`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let lower_before = i > 0 && !letters[i - 1].is_uppercase() && letters[i - 1] != '_';
        let lower_after = letters.get(i + 1).is_some_and(|next| next.is_lowercase());
        let upper_before = i > 0 && letters[i - 1].is_uppercase();
        if letter.is_uppercase() && (lower_before || (upper_before && lower_after)) {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_metrics() {
        for (name, expected) in [
            ("Accuracy", "accuracy"),
            ("RocAuc", "roc_auc"),
            ("F1", "f1"),
            ("R2", "r2"),
            ("MAPEScore", "mape_score"),
            ("Top5Error", "top5_error"),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }
}
