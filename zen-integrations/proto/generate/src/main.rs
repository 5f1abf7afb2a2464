//! Makes the Rust code of `inference.proto` and `onnx.proto`, with a compiler in Rust, so that no `protoc` is needed.

use std::error::Error;
use std::fs;
use std::path::Path;

use protox::prost_reflect::prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder")?;
    make(folder, "inference", "native/grpc", |descriptors, out| {
        tonic_prost_build::configure()
            .bytes(".")
            .btree_map(".")
            .codec_path("crate::native::grpc::MessageCodec")
            .out_dir(out)
            .compile_fds(descriptors)
    })?;
    make(folder, "onnx", "export", |descriptors, out| {
        // The comments are the format's documentation, with examples that are no Rust.
        prost_build::Config::new()
            .bytes(["."])
            .disable_comments(["."])
            .out_dir(out)
            .compile_fds(descriptors)
    })
}

/// Makes `src/<module>/generated.rs` of `<name>.proto`, whose package has the same name.
fn make(
    folder: &Path,
    name: &str,
    module: &str,
    compile: impl FnOnce(FileDescriptorSet, &Path) -> std::io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    let source = folder.join(name).with_extension("proto");
    let out = tempdir()?;
    compile(protox::compile([&source], [folder])?, &out)?;
    let code = fs::read_to_string(out.join(name).with_extension("rs"))?;
    fs::remove_dir_all(&out)?;
    let head = format!(
        "// Made from proto/{name}.proto; don't edit it. To make it again:\n\
         //     cargo run --manifest-path zen-integrations/proto/generate/Cargo.toml\n\
         // proto: {}\n",
        blake3::hash(&fs::read(&source)?).to_hex()
    );
    let target = folder.join("../src").join(module).join("generated.rs");
    fs::write(target, head + &code)?;
    Ok(())
}

fn tempdir() -> Result<std::path::PathBuf, Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("zen-generate-{}", std::process::id()));
    fs::create_dir_all(&path)?;
    Ok(path)
}
