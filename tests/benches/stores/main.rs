//! What zen's artifact store costs beside the same bytes sent by `object_store` alone, or copied by the system: 256 MB to SeaweedFS and back,
//! and to a folder and back.
//!
//! `cargo bench -p zen-tests --bench stores` prints a table in which zen and its floor take turns. SeaweedFS is measured when `ZEN_TEST_WEED`
//! names its program. Compare ratios: the times of two machines, or of two days, say little.

mod floor;
mod row;

use std::process::ExitCode;

use zen_core::artifact::{ArtifactStore, Digest};
use zen_tests::stores::Weed;

use floor::{Bare, Files};
use row::{Row, heading};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Without `--bench`, as in `cargo test --benches`, only whether everything runs is tried.
    let (samples, size) = match arguments.iter().any(|argument| argument == "--bench") {
        true => (7, 256_000_000),
        false => (1, 20_000_000),
    };
    heading(size);
    let bytes = |seed: u64| -> bytes::Bytes {
        let mut state = seed | 1;
        let words = (0..size / 8).flat_map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        words.collect::<Vec<u8>>().into()
    };
    // The same bytes every time, removed in between; the digest is what the caller of a store has already.
    let content = bytes(42);
    let digest = Digest::of(&content);

    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let store = ArtifactStore::folder(&folder.path().join("zen"), false).expect("a store");
    let files = Files::new(folder.path());
    Row {
        place: "a folder",
        store: &store,
        floor: &files,
    }
    .measure(samples, digest, &content);

    if let Some(weed) = Weed::shared() {
        let url = weed.url("bench");
        let store = weed.store(&url);
        let bare = Bare::new(weed, "bench");
        Row {
            place: "SeaweedFS",
            store: &store,
            floor: &bare,
        }
        .measure(samples, digest, &content);
    }
    ExitCode::SUCCESS
}
