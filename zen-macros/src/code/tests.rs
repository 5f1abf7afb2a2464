//! What counts as a change of code, and what does not.

use syn::visit::Visit;
use syn::{Item, ItemFn};

use super::index::Index;
use super::{reach, scan};

/// The identity of the function of that name, wherever in the source it is.
fn identity(source: &str, name: &str) -> String {
    struct Find<'n>(&'n str, Option<ItemFn>);
    impl Visit<'_> for Find<'_> {
        fn visit_item_fn(&mut self, item: &ItemFn) {
            if item.sig.ident == self.0 {
                self.1 = Some(item.clone());
            }
            syn::visit::visit_item_fn(self, item);
        }
    }
    let mut find = Find(name, None);
    find.visit_file(&syn::parse_file(source).unwrap());
    let function = find.1.unwrap_or_else(|| panic!("no fn `{name}`"));
    reach::identity(
        &scan::function(&function),
        Some(name),
        Some(&Index::of(source).unwrap()),
    )
}

#[track_caller]
fn same(one: &str, two: &str) {
    assert_eq!(identity(one, "s"), identity(two, "s"), "\n{one}\n{two}");
}

#[track_caller]
fn different(one: &str, two: &str) {
    assert_ne!(identity(one, "s"), identity(two, "s"), "\n{one}\n{two}");
}

#[test]
fn formatting_comments_and_documentation_do_not_count() {
    let plain = "fn s(x: u32, y: u32) -> u32 { f(x, y) }";
    same(plain, "fn s(x:u32,y:u32)->u32{f(x,y)}");
    same(
        plain,
        "fn s(\n    x: u32,\n    y: u32,\n) -> u32 {\n    f(\n        x,\n        y,\n    )\n}",
    );
    same(
        plain,
        "/// Docs.\nfn s(x: u32, /* here */ y: u32) -> u32 {\n // there\n f(x, y) }",
    );
    same(
        plain,
        "#[step(retry = 3)]\n#[allow(unused)]\n#[inline]\nfn s(x: u32, y: u32) -> u32 { f(x, y) }",
    );
    same("fn s(ctx: &Ctx) {}", "fn s(#[context] ctx: &Ctx) {}");
    same("fn s<A: X<B, C>>() {}", "fn s<A: X<B, C,>,>() {}");
}

#[test]
fn what_code_does_counts() {
    let plain = "fn s(x: f64) -> f64 { x * 2.0 + y }";
    different(plain, "fn s(x: f64) -> f64 { x * 3.0 + y }");
    different(plain, "fn s(x: f64) -> f64 { x - 2.0 + y }");
    different(plain, "fn s(x: f32) -> f64 { x * 2.0 + y }");
    different(plain, "fn s(z: f64) -> f64 { z * 2.0 + y }");
    different(plain, "fn s(x: f64) -> f64 { x * (2.0 + y) }");
    different(plain, "async fn s(x: f64) -> f64 { x * 2.0 + y }");
    different("fn s() { let x = (1,); }", "fn s() { let x = (1); }");
    different("fn s() { return (1,) }", "fn s() { return (1) }");
    same("fn s() { f(1,) }", "fn s() { f(1) }");
    different("fn s() { f(\"a\", \"b\") }", "fn s() { f(\"a\\\", \\\"b\") }");
    different("fn s() { #[cfg(unix)] f() }", "fn s() { f() }");
}

#[test]
fn helpers_count_transitively() {
    let source = |limit: u32, other: u32| {
        format!(
            "const LIMIT: u32 = {limit}; static OTHER: u32 = {other};
             fn helper(x: u32) -> u32 {{ deeper(x) }} fn deeper(x: u32) -> u32 {{ x.min(LIMIT) }}
             fn unrelated() -> u32 {{ OTHER }} #[step] fn s(x: u32) -> u32 {{ helper(x) }}"
        )
    };
    different(&source(1, 0), &source(2, 0));
    same(&source(1, 0), &source(1, 7));
}

#[test]
fn the_order_of_items_does_not_count() {
    let step = "fn s() -> u32 { a() + b() }";
    same(
        &format!("fn a() {{ 1 }} fn b() {{ 2 }} {step}"),
        &format!("{step} fn b() {{ 2 }} fn a() {{ 1 }}"),
    );
    different(
        &format!("fn a() {{ 1 }} fn b() {{ 2 }} {step}"),
        &format!("fn a() {{ 2 }} fn b() {{ 1 }} {step}"),
    );
}

#[test]
fn methods_of_used_types_count() {
    let source = |method: u32, other: u32| {
        format!(
            "struct Model; struct Elsewhere;
             impl Model {{ fn fit(&self) -> u32 {{ {method} }} }} impl Elsewhere {{ fn fit(&self) -> u32 {{ {other} }} }}
             fn s(model: &Model) -> u32 {{ model.fit() }}"
        )
    };
    different(&source(1, 0), &source(2, 0));
    same(&source(1, 0), &source(1, 2));
}

#[test]
fn a_method_of_a_trait_of_this_file_counts() {
    let source = |value: u32| {
        format!(
            "trait Half {{ fn half(&self) -> u32; }} impl Half for u32 {{ fn half(&self) -> u32 {{ {value} }} }} fn s(x: u32) {{ x.half() }}"
        )
    };
    different(&source(1), &source(2));
    let foreign = |value: u32| {
        format!(
            "use other::Half; impl Half for u32 {{ fn half(&self) -> u32 {{ {value} }} }} fn s(x: u32) {{ x.half() }}"
        )
    };
    different(&foreign(1), &foreign(2));
}

#[test]
fn derives_and_serde_attributes_of_types_count() {
    let source = |attributes: &str| format!("{attributes} struct P {{ x: u32 }} fn s(p: P) {{}}");
    different(&source("#[derive(Debug)]"), &source("#[derive(Debug, Clone)]"));
    different(&source("#[serde(rename_all = \"camelCase\")]"), &source(""));
    same(
        &source("/// A.\n#[derive(Debug)]"),
        &source("/// B.\n#[derive(Debug)]"),
    );
    let default = |value: u32| {
        format!(
            "struct P {{ #[serde(default = \"one\")] x: u32 }} fn one() -> u32 {{ {value} }} fn s(p: P) {{}}"
        )
    };
    different(&default(1), &default(2));
}

#[test]
fn names_in_format_strings_count() {
    let source =
        |value: u32| format!("const RATE: u32 = {value}; fn s() -> String {{ format!(\"at {{RATE:>4}}\") }}");
    different(&source(1), &source(2));
    let text = |value: u32| {
        format!("const RATE: u32 = {value}; fn s() -> String {{ format!(\"at RATE {{}}\", 3) }}")
    };
    same(&text(1), &text(2));
}

#[test]
fn renames_imports_and_macros_count() {
    let source = |value: u32| {
        format!("use self::a::helper as h; mod a {{ pub fn helper() {{ {value} }} }} fn s() {{ h() }}")
    };
    different(&source(1), &source(2));
    different(
        "use a::score; fn s() { score() }",
        "use b::score; fn s() { score() }",
    );
    same(
        "use a::{score, other}; fn s() { score() }",
        "use a::score; fn s() { score() }",
    );
    let rules = |value: u32| format!("macro_rules! m {{ () => {{ {value} }} }} fn s() {{ m!() }}");
    different(&rules(1), &rules(2));
    let made =
        |value: u32| format!("thread_local! {{ static CELL: u32 = {value}; }} fn s() {{ CELL.with(f) }}");
    different(&made(1), &made(2));
}

#[test]
fn members_lifetimes_and_ranges() {
    let source =
        |value: u32| format!("fn rate() {{ {value} }} fn a() {{ {value} }} fn s<'a>(x: &'a X) {{ x.rate }}");
    same(&source(1), &source(2));
    let range = |value: u32| format!("const n: u32 = {value}; fn s() {{ for i in 0..n {{}} }}");
    different(&range(1), &range(2));
}

#[test]
fn tests_beside_a_step_do_not_count() {
    let source = |value: u32| {
        format!(
            "fn helper() {{}} fn s() {{ helper() }} #[cfg(test)] mod tests {{ fn helper() {{ {value} }} }}"
        )
    };
    same(&source(1), &source(2));
    let inside = |value: u32| {
        format!(
            "#[cfg(test)] mod tests {{ fn helper() {{ {value} }} #[test] fn t() {{ #[step] fn s() {{ helper() }} }} }}"
        )
    };
    different(&inside(1), &inside(2));
}

#[test]
fn a_local_step_sees_what_stands_beside_it() {
    let source =
        |value: u32| format!("fn test() {{ const N: u32 = {value}; struct Local; fn s() -> u32 {{ N }} }}");
    different(&source(1), &source(2));
}

#[test]
fn recursion_ends() {
    let source = "fn s(n: u32) -> u32 { if n == 0 { 0 } else { t(n) } } fn t(n: u32) -> u32 { s(n - 1) }";
    assert_eq!(identity(source, "s").len(), 64);
    let itself = "fn s(n: u32) -> u32 { if n == 0 { 0 } else { s(n - 1) } }";
    assert_eq!(identity(itself, "s"), identity(itself, "s"));
}

#[test]
fn ordinary_functions_are_known() {
    let source =
        "use x::imported; fn helper() {} #[step] fn step() {} #[odd] fn odd() {} #[pipeline] fn p() {}
                  mod m { fn hidden() {} } mod n { fn imported() {} } mod o { use x::*; #[pipeline] fn q() {} }";
    let index = Index::of(source).unwrap();
    assert!(index.is_plain_function("helper", "p"));
    for name in ["step", "odd", "hidden", "imported", "unknown"] {
        assert!(!index.is_plain_function(name, "p"), "{name}");
    }
    // What `x::*` brings in may be called `helper` too.
    assert!(!index.is_plain_function("helper", "q"));
}

#[test]
fn any_item_has_an_identity() {
    let item: Item = syn::parse_str("struct P { x: u32 }").unwrap();
    let with = |value: u32| {
        Index::of(&format!(
            "struct P {{ x: u32 }} impl P {{ fn f() {{ {value} }} }}"
        ))
        .unwrap()
    };
    let of = |value| reach::identity(&scan::item(&item), None, Some(&with(value)));
    assert_ne!(of(1), of(2));
}
