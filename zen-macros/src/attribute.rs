//! What stands between the parentheses of an attribute: `key`, `key = value` and `key(..)`, separated by commas.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Expr, ExprLit, ExprPath, Ident, Lit, LitStr, Path, Token, UnOp};

use crate::errors::Errors;
use crate::near::nearest;

/// One comma-separated part of an attribute.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) form: Form,
}

/// How an entry is written.
pub(crate) enum Form {
    /// `key`
    Flag,
    /// `key = value`
    Value(Expr),
    /// `key(..)`
    List(TokenStream),
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let form = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Form::Value(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Form::List(content.parse()?)
        } else {
            Form::Flag
        };
        Ok(Self { key, form })
    }
}

/// Parses the entries up to the first that makes no sense, which is reported; and reports keys given twice.
pub(crate) fn entries(tokens: TokenStream, errors: &mut Errors) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let entry: Entry = input.parse()?;
            if entries.iter().any(|other| other.key == entry.key) {
                errors.at(&entry.key, format!("`{}` is given twice", entry.key));
            } else {
                entries.push(entry);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    let result = parser.parse2(tokens);
    errors.check(result);
    entries
}

/// Parses a comma-separated list of anything.
pub(crate) fn list<T: Parse>(tokens: TokenStream) -> syn::Result<Vec<T>> {
    let parsed = syn::punctuated::Punctuated::<T, Token![,]>::parse_terminated.parse2(tokens)?;
    Ok(parsed.into_iter().collect())
}

/// The error for a key that is none of `known`, keys of `of` (such as `#[step]`).
pub(crate) fn unknown_key(key: &Ident, of: &str, known: &[&str]) -> syn::Error {
    let listed = known
        .iter()
        .map(|k| format!("`{k}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let hint = match nearest(&key.unraw().to_string(), known) {
        Some(near) => format!(": did you mean `{near}`? It"),
        None => ". It".to_owned(),
    };
    syn::Error::new(
        key.span(),
        format!("unknown key `{key}` of {of}{hint} takes {listed}"),
    )
}

impl Entry {
    fn wrong(&self, expected: &str) -> syn::Error {
        let message = format!("`{}` takes {expected}", self.key);
        match &self.form {
            Form::Flag => syn::Error::new(self.key.span(), message),
            Form::Value(value) => syn::Error::new_spanned(value, message),
            Form::List(tokens) if tokens.is_empty() => syn::Error::new(self.key.span(), message),
            Form::List(tokens) => syn::Error::new_spanned(tokens, message),
        }
    }

    /// `key`, alone.
    pub(crate) fn flag(&self) -> syn::Result<()> {
        match &self.form {
            Form::Flag => Ok(()),
            _ => Err(self.wrong("no value: write it alone")),
        }
    }

    /// `key = true` or `key = false`.
    pub(crate) fn boolean(&self) -> syn::Result<bool> {
        match self.literal() {
            Some(Lit::Bool(value)) => Ok(value.value),
            _ => Err(self.wrong(&format!("`true` or `false`: `{} = false`", self.key))),
        }
    }

    /// `key = ".."`, not empty.
    pub(crate) fn text(&self, example: &str) -> syn::Result<LitStr> {
        match self.literal() {
            Some(Lit::Str(text)) if !text.value().trim().is_empty() => Ok(text.clone()),
            _ => Err(self.wrong(&format!("text that is not empty: `{} = \"{example}\"`", self.key))),
        }
    }

    /// `key = 3`, from `least` on.
    pub(crate) fn whole(&self, least: u32) -> syn::Result<u32> {
        let expected = format!("a whole number from {least}: `{} = 3`", self.key);
        match self.literal() {
            Some(Lit::Int(number)) => number
                .base10_parse::<u32>()
                .ok()
                .filter(|number| *number >= least)
                .ok_or_else(|| self.wrong(&expected)),
            _ => Err(self.wrong(&expected)),
        }
    }

    /// `key = 2.0`, at least one.
    pub(crate) fn factor(&self) -> syn::Result<f64> {
        let number = match self.literal() {
            Some(Lit::Float(number)) => number.base10_parse::<f64>().ok(),
            Some(Lit::Int(number)) => number.base10_parse::<f64>().ok(),
            _ => None,
        };
        number
            .filter(|number| number.is_finite() && *number >= 1.0)
            .ok_or_else(|| self.wrong(&format!("a number from 1.0: `{} = 2.0`", self.key)))
    }

    /// `key = some::path`.
    pub(crate) fn path(&self) -> syn::Result<Path> {
        match &self.form {
            Form::Value(Expr::Path(value)) if value.qself.is_none() => Ok(value.path.clone()),
            _ => Err(self.wrong(&format!("a path: `{} = some::path`", self.key))),
        }
    }

    /// `key = some::path`, or several in `key(one, another::path)`; `example` is what a path could be.
    pub(crate) fn paths(&self, example: &str) -> syn::Result<Vec<ExprPath>> {
        let expected = || {
            let key = &self.key;
            self.wrong(&format!(
                "the path of a function, or several of them: `{key} = {example}`, `{key}({example}, another)`"
            ))
        };
        match &self.form {
            Form::Value(Expr::Path(path)) => Ok(vec![path.clone()]),
            Form::List(tokens) if !tokens.is_empty() => list(tokens.clone()).map_err(|_| expected()),
            _ => Err(expected()),
        }
    }

    /// The tokens of `key(..)`; `example` is what could stand in the parentheses.
    pub(crate) fn list(&self, example: &str) -> syn::Result<TokenStream> {
        match &self.form {
            Form::List(tokens) => Ok(tokens.clone()),
            _ => Err(self.wrong(&format!("a list: `{}({example})`", self.key))),
        }
    }

    /// The literal of `key = literal`; a negative number is none.
    pub(crate) fn literal(&self) -> Option<&Lit> {
        match &self.form {
            Form::Value(Expr::Lit(ExprLit { lit, .. })) => Some(lit),
            _ => None,
        }
    }

    /// The error for a value that is no such `expected` thing.
    pub(crate) fn unexpected(&self, expected: &str) -> syn::Error {
        match &self.form {
            // The sign alone would be what the error points at.
            Form::Value(Expr::Unary(value)) if matches!(value.op, UnOp::Neg(_)) => syn::Error::new_spanned(
                value.to_token_stream(),
                format!("`{}` takes {expected}", self.key),
            ),
            _ => self.wrong(expected),
        }
    }
}
