//! Arrays exchanged with NumPy itself.

use std::process::Command;

use ndarray::{Array2, ArrayD};
use zen_core::artifact::{Codec, Npy, NpyElement};

fn python() -> Command {
    Command::new(std::env::var_os("ZEN_TEST_PYTHON").unwrap_or_else(|| "python3".into()))
}

fn available() -> bool {
    let found = python()
        .args(["-c", "import numpy"])
        .output()
        .is_ok_and(|output| output.status.success());
    zen_tests::require("NumPy (in python3, or in what ZEN_TEST_PYTHON names)", found)
}

/// Runs a script in a directory. Fails with what it printed.
fn run(script: &str, directory: &std::path::Path) {
    let output = python()
        .args(["-c", script])
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// One array for each type, and its counterpart in NumPy.
fn check<A: NpyElement + PartialEq + std::fmt::Debug>(numpy: &str, elements: [A; 6]) {
    let directory = tempfile::tempdir().unwrap();
    let expected = Array2::from_shape_vec((2, 3), elements.to_vec()).unwrap();
    let mut ours = Vec::new();
    Npy.encode(&expected, &mut ours).unwrap();
    std::fs::write(directory.path().join("ours.npy"), ours).unwrap();
    let script = format!(
        "import numpy as np
a = np.load('ours.npy')
assert a.shape == (2, 3) and a.dtype == np.dtype('{numpy}') and a.flags.c_contiguous, a
for order in 'CF':
    for endian in '<>':
        for version in [(1, 0), (2, 0), (3, 0)]:
            b = np.array(a, order=order, dtype=a.dtype.newbyteorder(endian))
            with open(order + ('l' if endian == '<' else 'b') + str(version[0]), 'wb') as f:
                np.lib.format.write_array(f, b, version=version)
"
    );
    run(&script, directory.path());
    let mut read = 0;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let back: Array2<A> = Npy.decode(&std::fs::read(&path).unwrap(), 1).unwrap();
        assert_eq!(back, expected, "{}", path.display());
        read += 1;
    }
    assert_eq!(read, 13);
}

#[test]
fn every_type_order_and_version() {
    if !available() {
        return;
    }
    check(
        "float64",
        [1.5, -0.0, f64::INFINITY, f64::MIN, f64::MIN_POSITIVE, 1e-320],
    );
    check(
        "float32",
        [1.5f32, -0.0, f32::INFINITY, f32::MIN, f32::MIN_POSITIVE, 0.1],
    );
    check("int8", [i8::MIN, i8::MAX, 0, 1, 2, 3]);
    check("int16", [i16::MIN, i16::MAX, 0, 1, 2, 3]);
    check("int32", [i32::MIN, i32::MAX, 0, 1, 2, 3]);
    check("int64", [i64::MIN, i64::MAX, 0, 1, 2, 3]);
    check("uint8", [u8::MIN, u8::MAX, 0, 1, 2, 3]);
    check("uint16", [u16::MIN, u16::MAX, 0, 1, 2, 3]);
    check("uint32", [u32::MIN, u32::MAX, 0, 1, 2, 3]);
    check("uint64", [u64::MIN, u64::MAX, 0, 1, 2, 3]);
    check("bool", [true, false, true, true, false, false]);
}

#[test]
fn unusual_shapes() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for shape in [vec![], vec![0], vec![1], vec![3, 0, 2], vec![2; 10]] {
        let value = ArrayD::<f64>::from_elem(shape.clone(), 0.5);
        let mut bytes = Vec::new();
        Npy.encode(&value, &mut bytes).unwrap();
        std::fs::write(directory.path().join("ours.npy"), bytes).unwrap();
        let script = format!(
            "import numpy as np
a = np.load('ours.npy')
assert list(a.shape) == {shape:?} and (a == 0.5).all(), a
np.save('theirs.npy', a)"
        );
        run(&script, directory.path());
        let theirs = std::fs::read(directory.path().join("theirs.npy")).unwrap();
        assert_eq!(Codec::<ArrayD<f64>>::decode(&Npy, &theirs, 1).unwrap(), value);
    }
}

#[test]
fn what_has_no_counterpart_is_refused() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    run(
        "import numpy as np
np.save('complex.npy', np.zeros(2, dtype=complex))
np.save('half.npy', np.zeros(2, dtype='float16'))
np.save('text.npy', np.array(['a', 'b']))
np.save('records.npy', np.zeros(2, dtype=[('a', 'f8'), ('b', 'i4')]))
np.save('objects.npy', np.array([None, {}], dtype=object), allow_pickle=True)
np.savez('arrays.npy', np.zeros(2))",
        directory.path(),
    );
    let mut read = 0;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(Codec::<ArrayD<f64>>::decode(&Npy, &bytes, 1).is_err());
        read += 1;
    }
    assert_eq!(read, 6);
}
