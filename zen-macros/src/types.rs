//! Types as they stand in the source, for people.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// The type's text, spaced as rustfmt does.
pub(crate) fn written(ty: &Type) -> String {
    let mut text = String::new();
    write(ty.to_token_stream(), &mut text);
    text
}

/// Whether it is written as `Option<..>`.
pub(crate) fn is_option(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Option"),
        Type::Group(group) => is_option(&group.elem),
        Type::Paren(paren) => is_option(&paren.elem),
        _ => false,
    }
}

fn write(tokens: TokenStream, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                c @ (',' | ';') => text.extend([c, ' ']),
                c @ ('+' | '=') => text.extend([' ', c, ' ']),
                c => text.push(c),
            },
            word => {
                if text.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn types_are_spaced_as_people_write_them() {
        assert_eq!(written(&parse_quote!(Vec<f64>)), "Vec<f64>");
        assert_eq!(
            written(&parse_quote!(std::collections::BTreeMap<String, (u8, [f32; 3])>)),
            "std::collections::BTreeMap<String, (u8, [f32; 3])>"
        );
        assert_eq!(written(&parse_quote!(&'static str)), "&'static str");
        assert_eq!(
            written(&parse_quote!(Box<dyn Send + Sync>)),
            "Box<dyn Send + Sync>"
        );
    }

    #[test]
    fn options_are_known_by_name() {
        assert!(is_option(&parse_quote!(std::option::Option<u8>)));
        assert!(!is_option(&parse_quote!(Vec<Option<u8>>)));
    }
}
