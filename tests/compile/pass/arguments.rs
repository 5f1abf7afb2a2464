//! What steps may take.

use std::path::{Path, PathBuf};

use zen_core::graph::StepContext as Context;
use zen_core::prelude::*;

mod private {
    #[derive(serde::Serialize, serde::Deserialize, Clone, Default)]
    pub(super) struct Secret {
        pub(super) value: u8,
    }
}
use private::Secret;

#[step]
fn borrowed(_text: &str, _path: &Path, values: &[f64], _number: &f64, _list: &Vec<u8>, _array: &[u8; 2]) -> f64 {
    values[0]
}

#[step]
fn owned(mut text: String, path: PathBuf, pair: (u8, u8), secret: Secret) -> String {
    text.push_str(&path.display().to_string());
    format!("{text}{}{}", pair.0, secret.value)
}

#[step]
fn with_context(ctx: &StepContext, x: f64) -> f64 {
    let _ = ctx;
    x
}

#[step]
async fn with_marked_context(x: f64, #[context] ctx: &Context) -> f64 {
    let _ = ctx;
    x
}

#[step]
async fn only_context(_ctx: &zen_core::graph::StepContext) {}

#[step]
const fn constant() -> u8 {
    1
}

#[step]
fn r#type(r#fn: u8) -> u8 {
    r#fn
}

#[allow(clippy::too_many_arguments)]
#[step]
fn eight(_a: u8, _b: u8, _c: u8, _d: u8, _e: u8, _f: u8, _g: u8, _h: u8) {}

#[pipeline]
fn everything(text: String, list: Vec<u8>) -> Artifact<f64> {
    let x = borrowed("text", PathBuf::from("a"), vec![1.0], 2.0, list, [1, 2]);
    let y = with_context(x);
    let z = with_marked_context(y);
    only_context();
    owned(text, PathBuf::new(), (1, 2), Secret { value: 3 });
    owned("literal", PathBuf::new(), (1, 2), Secret::default());
    eight(constant(), r#type(1), 3, 4, 5, 6, 7, 8);
    borrowed(String::new(), PathBuf::new(), gather(vec![x, y, z]), &z, vec![], [0, 0])
}

fn main() {
    assert!(everything("x".to_owned(), vec![1]).graph().is_ok());
}
