//! Spans of generated tokens.
//!
//! A token that is generated but stands for something the user wrote is *located* there, so that rustc's errors point
//! at the user's text; it keeps the macro's own expansion, so that lints know that nobody wrote it.

use proc_macro2::{Span, TokenTree};
use quote::ToTokens;

/// A span for generated tokens, at the place of `span`.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Spans for the first and the last generated token that stand for `tokens`. rustc underlines from one to the other.
pub(crate) fn ends(tokens: impl ToTokens) -> (Span, Span) {
    let mut tokens = tokens.into_token_stream().into_iter();
    let Some(first) = tokens.next() else {
        return (Span::call_site(), Span::call_site());
    };
    let start = match &first {
        TokenTree::Group(group) => group.span_open(),
        other => other.span(),
    };
    let end = match tokens.last().unwrap_or(first) {
        TokenTree::Group(group) => group.span_close(),
        other => other.span(),
    };
    (at(start), at(end))
}
