//! Makes the Rust code of `inference.proto`, with a compiler in Rust, so that no `protoc` is needed.

use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder")?;
    let source = folder.join("inference.proto");
    let out = tempdir()?;
    let descriptors = protox::compile([&source], [folder])?;
    tonic_prost_build::configure()
        .bytes(".")
        .btree_map(".")
        .codec_path("crate::native::grpc::MessageCodec")
        .out_dir(&out)
        .compile_fds(descriptors)?;
    let code = fs::read_to_string(out.join("inference.rs"))?;
    fs::remove_dir_all(&out)?;
    let head = format!(
        "// Made from proto/inference.proto; don't edit it. To make it again:\n\
         //     cargo run --manifest-path zen-integrations/proto/generate/Cargo.toml\n\
         // proto: {}\n",
        blake3::hash(&fs::read(&source)?).to_hex()
    );
    let target = folder.join("../src/native/grpc/generated.rs");
    fs::write(target, head + &code)?;
    Ok(())
}

fn tempdir() -> Result<std::path::PathBuf, Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("zen-generate-{}", std::process::id()));
    fs::create_dir_all(&path)?;
    Ok(path)
}
