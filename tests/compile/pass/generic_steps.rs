//! Steps and pipelines with type and constant parameters.

use zen_core::prelude::*;

#[step]
fn head<T: Clone>(values: &[T]) -> T {
    values[0].clone()
}

#[step]
fn first<T, const N: usize>(values: &[T]) -> Vec<T>
where
    T: Clone,
{
    values[..N].to_vec()
}

#[step]
fn same<M: Clone>(model: M) -> M {
    model
}

#[step]
fn pick<'a, T: Clone>(values: &'a Vec<T>, index: usize) -> Result<T> {
    Ok(values.get(index).ok_or("no such element")?.clone())
}

#[step]
async fn later<T: Clone>(value: &T) -> T {
    value.clone()
}

#[step]
fn numbers() -> Vec<f64> {
    vec![1.0, 2.0]
}

#[step]
fn fixed<const N: usize>(array: &[u8; 4]) -> u64 {
    (array.len() + N) as u64
}

#[pipeline]
fn concrete() -> Artifact<f64> {
    let values = numbers();
    let _ = head::<f64>(values);
    let _ = head(vec!["a".to_owned()]);
    let two = first::<f64, 2>(values);
    let _ = fixed::<3>([1, 2, 3, 4]);
    let x = pick(two, 1);
    later(same(x))
}

#[pipeline]
fn generic<T: Clone + Materialize>(values: Vec<T>) -> Artifact<T>
where
    Vec<T>: Materialize,
{
    same(head::<T>(values))
}

#[pipeline]
fn outer() -> Artifact<String> {
    generic(vec!["x".to_owned()])
}

fn main() {
    assert_eq!(concrete().graph().unwrap().nodes().len(), 8);
    assert_eq!(generic(vec![1u32]).graph().unwrap().nodes().len(), 2);
    assert_eq!(outer().graph().unwrap().nodes().len(), 2);
    assert_eq!(head::<u8>(&[7]), 7);
    let _ = first::<u8, 2>;
}
