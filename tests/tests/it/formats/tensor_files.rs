//! Tensors exchanged with the safetensors library of Python.

use ndarray::{arr0, arr2};
use zen_integrations::safetensors::{Dtype, Tensor, Tensors};

use super::python;

const PACKAGES: &str = "numpy, safetensors";

#[test]
fn they_read_ours() {
    if !python::available(PACKAGES) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut tensors = Tensors::new();
    macro_rules! insert {
        ($($type:ident)*) => {$(
            let array = arr2(&[[1 as $type, 2 as $type, 3 as $type], [4 as $type, 5 as $type, 6 as $type]]);
            tensors.insert(stringify!($type), Tensor::from_array(&array));
        )*};
    }
    insert!(f32 f64 i8 i16 i32 i64 u8 u16 u32 u64);
    tensors.insert("bool", Tensor::from(vec![true, false]));
    tensors.insert(
        "f16",
        Tensor::new(Dtype::F16, [2], vec![0x00, 0x3c, 0x00, 0xc0]).unwrap(),
    );
    tensors.insert("scalar", Tensor::from_array(&arr0(7i32)));
    tensors.insert("none", Tensor::from_slice::<f32>([0, 3], &[]).unwrap());
    tensors.insert("é\n\"", Tensor::from(vec![1u8]));
    tensors.metadata_mut().insert("format".into(), "np".into());
    tensors.metadata_mut().insert("é".into(), "b".into());
    tensors
        .write_file(folder.path().join("ours.safetensors"))
        .unwrap();
    python::run("tensors.py", "check", folder.path());
}

#[test]
fn we_read_theirs() {
    if !python::available(PACKAGES) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    python::run("tensors.py", "make", folder.path());
    let tensors = Tensors::read_file(folder.path().join("theirs.safetensors")).unwrap();
    assert_eq!(tensors.len(), 6);
    let weight = tensors.tensor("weight").unwrap().to_array::<f32>().unwrap();
    assert_eq!(weight, arr2(&[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]).into_dyn());
    assert_eq!(
        tensors.tensor("bias").unwrap().to_vec::<f64>().unwrap(),
        [1.5, -2.5]
    );
    let half = tensors.tensor("half").unwrap();
    assert_eq!(
        (half.dtype(), half.bytes()),
        (Dtype::F16, &[0x00, 0x3c, 0x00, 0xc0][..])
    );
    assert_eq!(
        tensors.tensor("flags").unwrap().to_vec::<bool>().unwrap(),
        [true, false]
    );
    assert_eq!(tensors.tensor("scalar").unwrap().to_vec::<i64>().unwrap(), [-7]);
    assert_eq!(tensors.tensor("none").unwrap().shape(), [0, 3]);
    assert_eq!(tensors.metadata()["b"], "c");
    assert_eq!(
        Tensors::from_safetensors(&tensors.to_safetensors().unwrap()).unwrap(),
        tensors
    );
}
