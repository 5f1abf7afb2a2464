//! Models that can't be served are refused when they are loaded, with the reason.

use zen_integrations::native::onnx::{OnnxError, OnnxModel};

use super::{bytes, path};

fn refused(name: &str) -> OnnxError {
    OnnxModel::from_bytes(bytes(name)).expect_err(name)
}

#[test]
fn maps_and_sequences() {
    let error = refused("zipmap");
    assert!(
        matches!(&error, OnnxError::OutputKind(name) if name == "output_probability"),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains("`output_probability`") && text.contains("options={'zipmap': False}"),
        "{text}"
    );
}

#[test]
fn operators_that_are_not_known() {
    let error = refused("vectors");
    assert!(
        matches!(&error, OnnxError::Operators(names) if names == "SVMClassifier"),
        "{error:?}"
    );
}

#[test]
fn trees_that_lead_astray() {
    for (name, told) in [
        ("tree_loop", "node 0 of tree 0 is reached in two ways"),
        ("tree_nowhere", "leads to node 99, which is not there"),
        ("tree_class", "a leaf is of class 3, and there are 3"),
    ] {
        let error = refused(name);
        assert!(
            matches!(&error, OnnxError::Malformed(reason) if reason.contains(told)),
            "{name}: {error}"
        );
    }
}

#[test]
fn weights_in_another_file() {
    let error = OnnxModel::from_file(path("outside")).unwrap_err();
    assert!(
        matches!(&error, OnnxError::External(name) if name == "w"),
        "{error:?}"
    );
}

#[test]
fn types_that_are_not_known() {
    let error = refused("bfloat");
    assert!(
        matches!(&error, OnnxError::Datatype { name, datatype } if name == "x" && datatype == "BFLOAT16"),
        "{error:?}"
    );
}

#[test]
fn inputs_without_a_shape() {
    assert!(matches!(refused("shapeless"), OnnxError::Shape(name) if name == "x"));
}

#[test]
fn files_that_are_not_there_or_no_models() {
    assert!(matches!(
        OnnxModel::from_file(path("nothing")),
        Err(OnnxError::Read { .. })
    ));
    for bytes in [&b""[..], b"not a model", b"\x00\x01\x02"] {
        assert!(matches!(
            OnnxModel::from_bytes(bytes),
            Err(OnnxError::Malformed(_))
        ));
    }
}
