//! Arrays as artifacts.

use ndarray::{Array2, ArrayD, arr2};
use zen_core::prelude::*;
use zen_core::testing::assert_cached;

use crate::support::memory;

#[step]
fn matrix() -> Array2<f64> {
    arr2(&[[1.0, f64::NAN], [-0.0, 4.0], [5.0, 6.0]])
}

#[step]
fn transposed(x: &Array2<f64>) -> Array2<f64> {
    x.t().to_owned()
}

#[step]
fn row_sums(x: &Array2<f64>) -> Vec<f64> {
    x.rows().into_iter().map(|row| row.sum()).collect()
}

#[pipeline]
fn arrays() -> (Artifact<Array2<f64>>, Artifact<Vec<f64>>) {
    let x = matrix();
    (transposed(x), row_sums(x))
}

#[tokio::test]
async fn arrays_are_npy_files_with_a_shape() {
    let stack = memory();
    let run = arrays().on(&stack).quiet().run().await.unwrap();
    let (turned, _) = run.output().await.unwrap();
    assert_eq!(turned.shape(), [2, 3]);
    assert!(turned[[1, 0]].is_nan() && turned[[0, 1]].is_sign_negative());
    let artifact = run.step("matrix").unwrap().output("output").unwrap();
    assert_eq!(artifact.record().codec, "npy");
    assert_eq!(artifact.record().shape.as_deref(), Some(&[3, 2][..]));
    assert!(artifact.bytes().await.unwrap().starts_with(b"\x93NUMPY"));
    // Any number of dimensions is another type; its codec reads the same bytes.
    assert!(artifact.load::<ArrayD<f64>>().await.is_err());
    assert_eq!(artifact.load_renamed::<ArrayD<f64>>().await.unwrap().ndim(), 2);
    assert_cached(
        &arrays().on(&stack).quiet().run().await.unwrap(),
        &["matrix", "transposed", "row_sums"],
    );
}
