//! The code that is made of the format's file.

use std::path::Path;

use zen_core::artifact::Digest;

#[test]
fn the_generated_code_is_of_this_proto_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../zen-integrations");
    let proto = std::fs::read(folder.join("proto/onnx.proto")).unwrap();
    let code = std::fs::read_to_string(folder.join("src/export/generated.rs")).unwrap();
    let stated = code
        .lines()
        .find_map(|line| line.strip_prefix("// proto: "))
        .unwrap();
    assert_eq!(
        stated,
        Digest::of(&proto).to_string(),
        "run `cargo run --manifest-path zen-integrations/proto/generate/Cargo.toml`"
    );
}
