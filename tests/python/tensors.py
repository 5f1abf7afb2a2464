"""The safetensors library of Python beside zen's tensors: `check` reads ours, `make` writes theirs."""

import sys

import numpy
import safetensors
import safetensors.numpy


def check():
    tensors = safetensors.numpy.load_file("ours.safetensors")
    names = {"f32", "f64", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bool", "f16", "scalar", "none", "é\n\""}
    assert set(tensors) == names, tensors
    kinds = {"f": "float", "i": "int", "u": "uint"}
    for name in ["f32", "f64", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]:
        expected = numpy.array([[1, 2, 3], [4, 5, 6]], dtype=kinds[name[0]] + name[1:])
        assert tensors[name].dtype == expected.dtype and (tensors[name] == expected).all(), tensors[name]
    assert tensors["bool"].tolist() == [True, False]
    assert tensors["f16"].dtype == numpy.float16 and tensors["f16"].tolist() == [1.0, -2.0]
    assert tensors["scalar"].shape == () and tensors["scalar"] == 7
    assert tensors["none"].shape == (0, 3)
    with safetensors.safe_open("ours.safetensors", "np") as file:
        assert file.metadata() == {"format": "np", "é": "b"}, file.metadata()


def make():
    tensors = {
        "weight": numpy.arange(6, dtype="float32").reshape(2, 3),
        "bias": numpy.array([1.5, -2.5]),
        "half": numpy.array([1.0, -2.0], dtype="float16"),
        "flags": numpy.array([True, False]),
        "scalar": numpy.array(-7, dtype="int64"),
        "none": numpy.zeros((0, 3), dtype="uint8"),
    }
    safetensors.numpy.save_file(tensors, "theirs.safetensors", metadata={"format": "np", "b": "c"})


{"check": check, "make": make}[sys.argv[1]]()
