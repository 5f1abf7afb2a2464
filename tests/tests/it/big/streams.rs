//! Streaming between codecs and stores.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use ndarray::{Array2, Array3};
use object_store::memory::InMemory;
use zen_core::artifact::{ArtifactError, Codec, CodecError, CodecInfo, Digest, Npy, RawBytes, Text};
use zen_core::prelude::*;
use zen_core::testing::{Fault, FaultyStore};

use super::program::files_in;
use crate::support;

/// Bytes that don't repeat soon.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut word = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut word)
        .take(len.div_ceil(8))
        .flatten()
        .take(len)
        .collect()
}

/// A store of every kind, with the folder it is in.
fn stores() -> Vec<(&'static str, tempfile::TempDir, ArtifactStore)> {
    let folder = || tempfile::tempdir().unwrap();
    let (a, b, c, d) = (folder(), folder(), folder(), folder());
    let plain = ArtifactStore::folder(a.path(), false).unwrap();
    let durable = ArtifactStore::folder(b.path(), true).unwrap();
    let remote =
        ArtifactStore::over("test://", Arc::new(InMemory::new())).with_scratch(d.path().join("scratch"));
    vec![
        ("folder", a, plain),
        ("folder with fsync", b, durable),
        ("memory", c, ArtifactStore::in_memory()),
        ("elsewhere", d, remote),
    ]
}

#[test]
fn readers_give_what_was_written_and_check_it() {
    for (kind, _folder, store) in stores() {
        for len in [0, 1, 5_000, 8 << 20, (17 << 20) + 5] {
            let bytes = Bytes::from(noise(len));
            let digest = Digest::of(&bytes);
            store.put(digest, bytes.clone()).unwrap();
            let mut read = Vec::new();
            store
                .reader(digest, len as u64, &"it")
                .unwrap()
                .read_to_end(&mut read)
                .unwrap();
            assert!(read == bytes, "{kind}, {len} bytes");
            // Whoever stops early can still have the whole checked.
            let mut reader = store.reader(digest, len as u64, &"it").unwrap();
            let mut start = [0; 100];
            let count = reader.read(&mut start).unwrap();
            assert_eq!(start[..count], bytes[..count]);
            reader.finish().unwrap();
        }
        let missing = store.reader(Digest::of(b"never"), 5, &"the thing");
        assert!(
            matches!(&missing, Err(ArtifactError::Missing { what, .. }) if what == "the thing"),
            "{kind}: {missing:?}"
        );
    }
}

#[test]
fn readers_say_that_bytes_are_damaged() {
    let inner = FaultyStore::new(Arc::new(InMemory::new()));
    let store = ArtifactStore::over("test://", Arc::new(inner.clone()));
    let bytes = Bytes::from(noise(9 << 20));
    let digest = Digest::of(&bytes);
    store.put(digest, bytes).unwrap();
    inner.set(Fault::WrongBytes);
    let mut reader = store.reader(digest, 9 << 20, &"it").unwrap();
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    assert!(error.to_string().contains("it is damaged"), "{error}");
    assert!(matches!(reader.finish(), Err(ArtifactError::Damaged { .. })));
    inner.set(Fault::FailNth(3));
    let reader = store.reader(digest, 9 << 20, &"it").unwrap();
    assert!(matches!(reader.finish(), Err(ArtifactError::Store { .. })));

    let folder = tempfile::tempdir().unwrap();
    let store = ArtifactStore::folder(folder.path(), false).unwrap();
    store.put(digest, noise(9 << 20).into()).unwrap();
    let object = files_in(folder.path()).pop().unwrap();
    std::fs::OpenOptions::new()
        .write(true)
        .open(&object)
        .unwrap()
        .set_len(100)
        .unwrap();
    let reader = store.reader(digest, 9 << 20, &"it").unwrap();
    assert!(matches!(reader.finish(), Err(ArtifactError::Damaged { .. })));
}

#[test]
fn decoding_from_a_reader_is_decoding() {
    fn same<T: PartialEq, C: Codec<T>>(codec: &C, value: &T) {
        let mut bytes = Vec::new();
        codec.encode(value, &mut bytes).unwrap();
        let size = bytes.len() as u64;
        assert!(codec.decode(&bytes, 1).ok().as_ref() == Some(value));
        assert!(codec.decode_from(&mut &bytes[..], size, 1).ok().as_ref() == Some(value));
        // Something is missing at the end.
        if size > 0 && codec.info().name == "npy" {
            let cut = &bytes[..bytes.len() - 1];
            assert!(codec.decode_from(&mut &*cut, size, 1).is_err());
            assert!(codec.decode_from(&mut &*cut, size - 1, 1).is_err());
        }
    }
    same(&RawBytes, &noise(3_000_001));
    same(&RawBytes, &Bytes::from(noise(2_000_000)));
    same(&Text, &"zwölf ".repeat(400_000));
    same(
        &Npy,
        &Array2::from_shape_fn((1234, 567), |(i, j)| i as f64 - j as f64),
    );
    same(
        &Npy,
        &Array3::from_shape_fn((70, 80, 90), |(i, j, k)| (i ^ j ^ k) as i16),
    );
    same(&Npy, &Array2::from_shape_fn((300, 70), |(i, j)| i % 2 == j % 3));
    same(&Npy, &Array2::<u64>::zeros((0, 5)));
    assert!(Codec::<String>::decode_from(&Text, &mut &b"\xff"[..], 1, 1).is_err());
}

#[test]
fn what_a_header_announces_is_not_allocated() {
    let mut bytes = Vec::new();
    let small = Array2::<f64>::zeros((2, 2));
    Npy.encode(&small, &mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes[10..128]).into_owned();
    let lie = text.replace("(2, 2), }            ", "(137438953472, 1), } ");
    assert_ne!(text, lie);
    bytes.splice(10..128, lie.bytes());
    let terabyte = 128 + (137_438_953_472_u64 * 8);
    // A terabyte that isn't there: neither when the size is known nor when it is a lie too.
    for size in [bytes.len() as u64, terabyte] {
        let decoded: Result<Array2<f64>, _> = Npy.decode_from(&mut &bytes[..], size, 1);
        assert!(decoded.is_err());
    }
    let decoded: Result<Vec<u8>, _> = RawBytes.decode_from(&mut &b"hello"[..], terabyte, 1);
    assert_eq!(decoded.unwrap(), b"hello");
}

#[step]
fn large(seed: u8) -> Vec<u8> {
    let mut bytes = noise(20 << 20);
    bytes[0] = seed;
    bytes
}

#[step]
fn length(bytes: &[u8]) -> usize {
    bytes.len()
}

#[pipeline]
fn measured(seed: u8) -> (Artifact<Vec<u8>>, Artifact<usize>) {
    let bytes = large(seed);
    (bytes, length(bytes))
}

#[tokio::test]
async fn large_values_go_through_every_kind_of_store() {
    for (kind, folder, store) in stores() {
        let stack = Stack::builder().artifacts(store.clone()).build().unwrap();
        let run = measured(1).on(&stack).quiet().run().await.unwrap();
        assert_eq!(*run.output().await.unwrap().1, 20 << 20);
        let view = run.step("large").unwrap().output("output").unwrap();
        let bytes: Vec<u8> = view.load().await.unwrap();
        assert_eq!(Digest::of(&bytes), view.digest(), "{kind}");
        drop(run);
        // The same once more, from the cache and as another object that is there already.
        let run = measured(1).on(&stack).quiet().run().await.unwrap();
        assert_eq!(run.step("large").unwrap().status(), Status::Cached);
        let run = measured(1).on(&stack).cache(false).quiet().run().await.unwrap();
        assert_eq!(run.output().await.unwrap().0.len(), 20 << 20);
        drop(run);
        let staged: Vec<_> = files_in(folder.path())
            .into_iter()
            .filter(|file| file.to_string_lossy().contains("staged"))
            .collect();
        assert!(staged.is_empty(), "{kind}: {staged:?}");
    }
}

#[tokio::test]
async fn a_large_object_that_is_damaged_is_made_again() {
    let (folder, stack) = support::files();
    measured(2).on(&stack).quiet().run().await.unwrap();
    let objects = files_in(&folder.path().join(".zen/artifacts/objects"));
    assert_eq!(objects.len(), 1);
    let mut file = std::fs::OpenOptions::new().write(true).open(&objects[0]).unwrap();
    file.write_all(b"something else").unwrap();
    drop(file);
    // The cached output is found out when it is read.
    let run = measured(2).on(&stack).quiet().run().await.unwrap();
    let bytes: Result<Vec<u8>, _> = run.step("large").unwrap().output("output").unwrap().load().await;
    assert!(bytes.unwrap_err().to_string().contains("damaged"));
    let run = counted_again(2).on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 20 << 20);
    let bytes: Vec<u8> = run
        .step("large")
        .unwrap()
        .output("output")
        .unwrap()
        .load()
        .await
        .unwrap();
    assert_eq!(bytes[0], 2);
}

#[step]
fn length_again(bytes: &[u8]) -> usize {
    bytes.len()
}

#[pipeline]
fn counted_again(seed: u8) -> Artifact<usize> {
    length_again(large(seed))
}

#[tokio::test]
async fn a_store_that_fails_while_a_large_object_is_sent_fails_the_step() {
    let inner = FaultyStore::new(Arc::new(InMemory::new()));
    let folder = tempfile::tempdir().unwrap();
    let store = ArtifactStore::over("test://", Arc::new(inner.clone())).with_scratch(folder.path());
    let stack = Stack::builder().artifacts(store).build().unwrap();
    inner.set(Fault::FailPuts);
    let error = measured(3)
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("step `large` failed: its outputs could not be stored"),
        "{error}"
    );
    inner.set(Fault::None);
    measured(3).on(&stack).quiet().run().await.unwrap();
    assert!(files_in(folder.path()).is_empty());
}

/// Writes much and then fails, or writes something else every time.
struct Odd {
    fails: bool,
}

struct OddCodec;

static WRITTEN: AtomicU64 = AtomicU64::new(0);

impl Codec<Odd> for OddCodec {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "odd",
            version: 1,
            media_type: "application/octet-stream",
        }
    }

    fn encode(&self, value: &Odd, out: &mut dyn Write) -> Result<(), CodecError> {
        out.write_all(&noise(12 << 20))?;
        if value.fails {
            return Err(CodecError::Unsupported("it went wrong half-way".into()));
        }
        Ok(out.write_all(&WRITTEN.fetch_add(1, Ordering::SeqCst).to_le_bytes())?)
    }

    fn decode(&self, _: &[u8], _: u32) -> Result<Odd, CodecError> {
        Ok(Odd { fails: false })
    }
}

impl Materialize for Odd {
    fn codecs() -> Vec<Arc<dyn Codec<Self>>> {
        vec![Arc::new(OddCodec)]
    }
}

#[step]
fn odd(fails: bool) -> Odd {
    Odd { fails }
}

#[pipeline]
fn oddly(fails: bool) -> Artifact<Odd> {
    odd(fails)
}

#[tokio::test]
async fn a_codec_that_fails_half_way_leaves_nothing() {
    let (folder, stack) = support::files();
    let error = oddly(true)
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("output `output` of `odd`"), "{error}");
    assert!(error.contains("it went wrong half-way"), "{error}");
    assert!(files_in(&folder.path().join(".zen/artifacts")).is_empty());
    // One that writes something else every time makes an object every time.
    for objects in 1..=2 {
        oddly(false).on(&stack).cache(false).quiet().run().await.unwrap();
        assert_eq!(files_in(&folder.path().join(".zen/artifacts")).len(), objects);
    }
}

#[tokio::test]
async fn large_values_are_saved_by_hand_too() {
    let (folder, stack) = support::files();
    let client = Client::of(stack);
    let saved = client.save("noise", noise(10 << 20)).await.unwrap();
    assert_eq!(files_in(&folder.path().join(".zen/artifacts")).len(), 1);
    let loaded: Vec<u8> = saved.load().await.unwrap();
    assert!(loaded == noise(10 << 20));
}
