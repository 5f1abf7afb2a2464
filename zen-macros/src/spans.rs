//! Spans of generated tokens.
//!
//! A token that is generated but stands for something the user wrote gets the span of that, so that rustc's errors
//! read as if nothing had been generated. All other tokens keep the macro's.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The spans of the first and the last token. rustc underlines from one to the other.
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
    (start, end)
}

/// The tokens, all of them at `span`. Unlike `quote_spanned!` this moves interpolated tokens too.
pub(crate) fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = TokenTree::Group(Group::new(group.delimiter(), at(span, group.stream())));
        }
        token.set_span(span);
        token
    });
    moved.collect()
}

/// `open` at the first token of `around`, `inner` as it is, and `close` at the last token: what is generated around a
/// type is underlined like the type.
pub(crate) fn around(
    around: impl ToTokens,
    open: TokenStream,
    inner: impl ToTokens,
    close: TokenStream,
) -> TokenStream {
    let (first, last) = ends(around);
    let mut tokens = at(first, open);
    inner.to_tokens(&mut tokens);
    tokens.extend(at(last, close));
    tokens
}
