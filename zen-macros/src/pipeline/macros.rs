//! Calls of steps inside macros: `vec![train(a), train(b)]`.
//!
//! What a macro does with its tokens can't be known. Arguments that read as expressions are treated as such.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut as _;
use syn::{Expr, Macro, Token};

use super::rewrite::Rewrite;

/// Their tokens are no code that runs here.
const VERBATIM: &[&str] = &[
    "plain",
    "stringify",
    "concat",
    "include",
    "include_str",
    "include_bytes",
    "env",
    "option_env",
    "cfg",
    "line",
    "file",
    "column",
    "module_path",
    "compile_error",
    "macro_rules",
];

/// The first argument is an expression, the others are none.
const FIRST_ONLY: &[&str] = &["matches", "assert_matches", "debug_assert_matches"];

/// All arguments are expressions.
const EXPRESSIONS: &[&str] = &[
    "vec",
    "format",
    "format_args",
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "dbg",
];

pub(super) fn rewrite(rewrite: &mut Rewrite<'_>, call: &mut Macro) {
    let Some(name) = call.path.segments.last().map(|last| last.ident.to_string()) else {
        return;
    };
    if VERBATIM.contains(&name.as_str()) {
        return;
    }
    let outer = rewrite.strict;
    rewrite.strict = outer && (EXPRESSIONS.contains(&name.as_str()) || FIRST_ONLY.contains(&name.as_str()));
    if FIRST_ONLY.contains(&name.as_str()) {
        first(rewrite, call);
    } else if let Ok(mut arguments) =
        Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.tokens.clone())
    {
        for argument in &mut arguments {
            expression(rewrite, argument);
        }
        call.tokens = arguments.into_token_stream();
    } else if let Ok((mut element, semi, mut count)) = repeat.parse2(call.tokens.clone()) {
        expression(rewrite, &mut element);
        expression(rewrite, &mut count);
        call.tokens = quote!(#element #semi #count);
    }
    rewrite.strict = outer;
}

fn expression(rewrite: &mut Rewrite<'_>, expression: &mut Expr) {
    match expression {
        // `format!("{a}", a = f(x))` names an argument.
        Expr::Assign(named) if matches!(&*named.left, Expr::Path(_)) => {
            rewrite.visit_expr_mut(&mut named.right)
        }
        other => rewrite.visit_expr_mut(other),
    }
}

fn first(rewrite: &mut Rewrite<'_>, call: &mut Macro) {
    let mut tokens = call.tokens.clone().into_iter();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let head: TokenStream = tokens.by_ref().take_while(|token| !is_comma(token)).collect();
    let rest: TokenStream = tokens.collect();
    if rest.is_empty() {
        return;
    }
    if let Ok(mut value) = syn::parse2::<Expr>(head) {
        expression(rewrite, &mut value);
        call.tokens = quote!(#value, #rest);
    }
}

/// `element; count`
fn repeat(input: ParseStream<'_>) -> syn::Result<(Expr, Token![;], Expr)> {
    Ok((input.parse()?, input.parse()?, input.parse()?))
}
