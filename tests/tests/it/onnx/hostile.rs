//! Damaged files: an error, and never a panic.

use proptest::prelude::*;
use zen_core::serving::ServedModel;
use zen_integrations::native::onnx::OnnxModel;

use super::bytes;

/// Loads and, when that works, runs.
fn survive(bytes: Vec<u8>) {
    if let Ok(model) = OnnxModel::from_bytes(bytes) {
        let _ = model.served().warm_up();
    }
}

#[test]
fn every_prefix() {
    for name in ["linear", "two_inputs", "image"] {
        let whole = bytes(name);
        for end in 0..whole.len() {
            survive(whole[..end].to_vec());
        }
    }
}

#[test]
fn deep_expressions_as_names_of_dimensions() {
    for name in [
        "(".repeat(200),
        "(".repeat(100_000),
        "-".repeat(255),
        "floor(".repeat(42),
        "a+".repeat(127) + "a",
    ] {
        let shape = field(2, &field(1, &field(2, name.as_bytes())));
        let kind = field(1, &[&[0x08, 0x01][..], &shape].concat());
        let value = |name: &[u8]| [field(1, name), field(2, &kind)].concat();
        let node = [field(1, b"x"), field(2, b"y"), field(4, b"Identity")].concat();
        let graph = [field(1, &node), field(11, &value(b"x")), field(12, &value(b"y"))].concat();
        let model = OnnxModel::from_bytes(field(7, &graph)).unwrap();
        assert_eq!(model.inputs()[0].shape, [-1], "{name:.20}");
    }
}

/// A protobuf field of bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(content);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survive(bytes);
    }

    #[test]
    fn changed_bytes(
        name in prop::sample::select(vec![
            "linear", "logistic", "text_labels", "scaled", "tree", "tree_regression", "forest", "boosted", "mlp_classes",
            "two_inputs", "types", "image",
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = bytes(name);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        survive(bytes);
    }
}
