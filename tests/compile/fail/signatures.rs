use zen_core::prelude::*;

#[step]
fn pattern((a, b): (f64, f64), _: u8) -> f64 {
    a + b
}

#[step]
fn opaque(rows: impl Iterator<Item = f64>) -> impl Sized {
    rows.count()
}

#[step]
fn mutable(rows: &mut Vec<f64>) {
    rows.push(1.0);
}

#[step]
unsafe fn not_safe() {}

#[step]
extern "C" fn foreign() {}

#[step]
fn forever(text: &'static str) -> &'static str {
    text
}

#[step]
fn inside(x: Option<&f64>, y: std::borrow::Cow<'_, str>) {
    let _ = (x, y);
}

#[step]
fn two_contexts(one: &StepContext, two: &StepContext) {
    let _ = (one, two);
}

#[step]
fn owned_context(ctx: StepContext) {
    let _ = ctx;
}

#[step]
fn nine() -> (u8, u8, u8, u8, u8, u8, u8, u8, u8) {
    (1, 2, 3, 4, 5, 6, 7, 8, 9)
}

#[step]
struct Model;

fn main() {}
