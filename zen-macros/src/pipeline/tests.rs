//! Which calls are steps.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ItemFn;

use super::rewrite;
use crate::errors::Errors;

/// The body with its calls rewritten, without spaces, and the errors.
fn rewritten(body: &str) -> (String, String) {
    let mut function: ItemFn =
        syn::parse_str(&format!("fn p(rate: f64, level: Option<u32>) {{ {body} }}")).unwrap();
    let mut errors = Errors::default();
    rewrite::body(&mut function, &mut errors);
    (
        spaceless(function.block.to_token_stream()),
        errors.into_compile_errors().to_string(),
    )
}

fn spaceless(tokens: TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

#[track_caller]
fn becomes(body: &str, expected: &str) {
    let expected: syn::Block = syn::parse_str(&format!("{{ {expected} }}")).unwrap();
    assert_eq!(
        rewritten(body),
        (spaceless(expected.to_token_stream()), String::new())
    );
}

#[track_caller]
fn stays(body: &str) {
    becomes(body, body);
}

#[track_caller]
fn is_an_error(body: &str, name: &str) {
    let (_, errors) = rewritten(body);
    assert!(
        errors.contains(&format!("`{name}` is used as a value")),
        "{body}: {errors}"
    );
}

#[test]
fn calls_by_lower_case_paths() {
    becomes("train(data(), rate)", "<train>::node(<data>::node(), rate)");
    becomes(
        "steps::train::<f64, 3>(x())",
        "<steps::train>::node::<f64, 3>(<x>::node())",
    );
    becomes(
        "crate::train(1); self::train(2)",
        "<crate::train>::node(1); <self::train>::node(2)",
    );
    becomes("x(1).named(y(2))", "<x>::node(1).named(<y>::node(2))");
    becomes("return x(1)", "return <x>::node(1)");
    becomes(
        "P { a: x(1), rate, ..y() }",
        "P { a: <x>::node(1), rate, ..<y>::node() }",
    );
    becomes("r#type(1); _hidden(2)", "<r#type>::node(1); <_hidden>::node(2)");
}

#[test]
fn what_is_no_step() {
    stays(
        "String::from(rate); Vec::<u8>::new(); Some(rate); steps::Params::default(); <P as Default>::default()",
    );
    stays(
        "usize::max(1, 2); f64::sqrt(rate); std::cmp::max(1, 2); core::mem::size_of::<u8>(); ::std::mem::drop(1)",
    );
    stays("plain!(helper(3)); zen_core::plain!(a::b(c)); stringify!(train(1))");
    becomes(
        "when(good(1), || train(2))",
        "when(<good>::node(1), || <train>::node(2))",
    );
    becomes("gather(vec![train(2)])", "gather(vec![<train>::node(2)])");
    stays("steps::RATE; MAX; f64::MAX; Color::Red; Self::x");
}

#[test]
fn names_that_are_bound() {
    stays("let f = |x| x; f(rate); let (a, [b, ..]) = c!(); a(b(1)); f");
    becomes(
        "train(1); let train = 2; train(1)",
        "<train>::node(1); let train = 2; train(1)",
    );
    becomes("{ let f = 1; f(2) } f(2)", "{ let f = 1; f(2) } <f>::node(2)");
    becomes("let f = f(1); f", "let f = <f>::node(1); f");
    becomes("each(|f| f(1)); f(2)", "<each>::node(|f| f(1)); <f>::node(2)");
    becomes(
        "for f in a() { f(1) } f(2)",
        "for f in <a>::node() { f(1) } <f>::node(2)",
    );
    becomes(
        "if let Some(f) = level && f(1) { f(2) } else { f(3) }",
        "if let Some(f) = level && f(1) { f(2) } else { <f>::node(3) }",
    );
    becomes(
        "while let Some(f) = g() { f(1) }",
        "while let Some(f) = <g>::node() { f(1) }",
    );
    becomes(
        "match level { Some(f) if f(1) => f(2), _ => f(3) }",
        "match level { Some(f) if f(1) => f(2), _ => <f>::node(3) }",
    );
    becomes(
        "let Some(f) = level else { return f(1) }; f(2)",
        "let Some(f) = level else { return <f>::node(1) }; f(2)",
    );
    stays("helper(1); fn helper(x: u8) { other(x) }");
    becomes(
        "inner(1); #[step] fn inner(x: u8) {}",
        "<inner>::node(1); #[step] fn inner(x: u8) {}",
    );
    stays("use std::cmp::{max, min as least}; max(1, least(2, 3))");
    becomes("use steps::max; max(1)", "use steps::max; <max>::node(1)");
}

#[test]
fn macros() {
    becomes("vec![train(1), rate]", "vec![<train>::node(1), rate]");
    becomes("vec![train(1); 3]", "vec![<train>::node(1); 3]");
    becomes(
        "println!(\"{a}\", a = train(1))",
        "println!(\"{a}\", a = <train>::node(1))",
    );
    becomes(
        "matches!(train(1), Some(x) if f(x))",
        "matches!(<train>::node(1), Some(x) if f(x))",
    );
    stays("odd!(a => train(1)); odd!(train, other::train); json!({ \"a\": train })");
}

#[test]
fn steps_as_values() {
    is_an_error("x.map(train)", "train");
    is_an_error("x(steps::train)", "steps::train");
    is_an_error("let f = train;", "train");
    is_an_error("vec![train]", "train");
    is_an_error("#[step] fn inner() {} x.map(inner)", "inner");
    stays("rate.map(f64::sqrt).map(String::from).map(plain!(helper)); fn h() {} level.map(h)");
}

#[test]
fn hooks_are_ordinary_code() {
    becomes(
        "train(1).on_failure(notify).retry(2).on_success(hooks::page(rate))",
        "<train>::node(1).on_failure(notify).retry(2).on_success(hooks::page(rate))",
    );
    becomes(
        "train(data().on_success(|event: HookEvent| send(event)))",
        "<train>::node(<data>::node().on_success(|event: HookEvent| send(event)))",
    );
    is_an_error("train(1).after(notify)", "notify");
}
