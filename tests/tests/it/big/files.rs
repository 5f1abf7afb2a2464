//! Files and folders as artifacts.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use proptest::prelude::*;
use zen_core::artifact::{Codec, FilesError, Materialize};
use zen_core::prelude::*;
use zen_tests::require;

use super::program::files_in;
use crate::support::{self, count, counting};

/// The path a test lets a step make an artifact of.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct At(PathBuf);

#[step(cache = false)]
fn take_file(ctx: &StepContext, at: At) -> Result<FileArtifact> {
    count(ctx);
    Ok(FileArtifact::from_path(at.0)?)
}

#[step(cache = false)]
fn take_folder(at: At) -> Result<FolderArtifact> {
    Ok(FolderArtifact::from_path(at.0)?)
}

#[step]
fn text(ctx: &StepContext, file: &FileArtifact) -> Result<String> {
    count(ctx);
    let mut text = String::new();
    file.open()?.read_to_string(&mut text)?;
    Ok(format!("{}: {text}", file.file_name()))
}

#[pipeline]
fn read_file(at: At) -> (Artifact<FileArtifact>, Artifact<String>) {
    let file = take_file(at);
    (file, text(file))
}

#[pipeline]
fn read_folder(at: At) -> Artifact<FolderArtifact> {
    take_folder(at)
}

#[tokio::test]
async fn a_file_goes_from_step_to_step_and_equal_files_are_one() {
    let (stack, calls) = counting();
    let folder = tempfile::tempdir().unwrap();
    let write = |place: &str, name: &str, text: &str| {
        let place = folder.path().join(place);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join(name), text).unwrap();
        At(place.join(name))
    };
    let run = async |at: &At| read_file(at.clone()).on(&stack).quiet().run().await.unwrap();
    let first = run(&write("a", "x.txt", "hello")).await;
    let (file, text) = first.output().await.unwrap();
    assert_eq!(
        (file.file_name(), file.size(), file.is_executable()),
        ("x.txt", 5, false)
    );
    assert_eq!(*text, "x.txt: hello");
    let record = first.step("take_file").unwrap().output("output").unwrap();
    assert_eq!(file.digest(), Some(record.digest()));
    assert_eq!(record.record().summary.as_deref(), Some("x.txt, 5 bytes"));
    assert_eq!(record.record().shape, Some(vec![5]));
    assert_eq!(calls.get(), 2);

    // The same content from another place, of another time: what follows is cached.
    let second = run(&write("b", "x.txt", "hello")).await;
    assert_eq!(second.step("text").unwrap().status(), Status::Cached);
    assert_eq!(calls.get(), 3);
    // Another name, other bytes and other permissions are other content.
    let renamed = run(&write("b", "y.txt", "hello")).await;
    assert_eq!(*renamed.output().await.unwrap().1, "y.txt: hello");
    let changed = run(&write("b", "x.txt", "hallo")).await;
    assert_eq!(*changed.output().await.unwrap().1, "x.txt: hallo");

    let copy = folder.path().join("copy.txt");
    file.copy_to(&copy).unwrap();
    assert_eq!(fs::read_to_string(&copy).unwrap(), "hello");
    assert!(matches!(file.copy_to(&copy), Err(FilesError::Exists { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    let loaded: FileArtifact = record.load().await.unwrap();
    assert_eq!((loaded.file_name(), loaded.digest()), ("x.txt", file.digest()));
    let other = loaded.clone().named("z.txt").unwrap();
    assert_eq!((other.file_name(), other.digest()), ("z.txt", None));
    for bad in ["", ".", "..", "a/b"] {
        assert!(loaded.clone().named(bad).is_err());
    }
}

#[step(cache = false)]
fn in_scratch(ctx: &StepContext, bytes: usize) -> Result<FileArtifact> {
    let path = ctx.scratch()?.join("large.bin");
    fs::write(&path, vec![7; bytes])?;
    Ok(FileArtifact::from_path(path)?)
}

#[step(cache = false)]
fn rename(file: FileArtifact) -> Result<FileArtifact> {
    Ok(file.named("other.bin")?)
}

#[step(cache = false)]
fn sum(a: &FileArtifact, b: &FileArtifact) -> Result<u64> {
    let mut all = 0;
    for file in [a, b] {
        let mut bytes = Vec::new();
        file.open()?.read_to_end(&mut bytes)?;
        all += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
    Ok(all)
}

#[pipeline]
fn scratch(bytes: usize) -> (Artifact<FileArtifact>, Artifact<u64>) {
    let a = in_scratch(bytes);
    let b = rename(a);
    (b, sum(a, b))
}

#[tokio::test]
async fn files_in_scratch_folders_of_any_size_and_store() {
    for bytes in [0, 10, 100_000, 20_000_000] {
        let (_folder, files) = support::files();
        let remote = ArtifactStore::over("test://", Arc::new(object_store::memory::InMemory::new()));
        let elsewhere = Stack::builder().artifacts(remote).build().unwrap();
        for stack in [support::memory(), files, elsewhere] {
            let run = scratch(bytes).on(&stack).quiet().run().await.unwrap();
            let (file, sum) = run.output().await.unwrap();
            assert_eq!(*sum, 14 * bytes as u64);
            assert_eq!((file.file_name(), file.size()), ("other.bin", bytes as u64));
            let stored = run.step("rename").unwrap().output("output").unwrap();
            assert_eq!(file.digest(), Some(stored.digest()));
            let loaded: FileArtifact = stored.load().await.unwrap();
            let mut read = Vec::new();
            loaded.open().unwrap().read_to_end(&mut read).unwrap();
            assert!(read == vec![7; bytes]);
        }
    }
}

#[tokio::test]
async fn a_large_file_whose_object_is_damaged_is_made_again() {
    let (folder, stack) = support::files();
    let source = folder.path().join("data.txt");
    fs::write(&source, "x".repeat(20 << 20)).unwrap();
    let run = cached_file(At(source.clone()))
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(*run.output().await.unwrap(), 20 << 20);
    drop(run);
    let objects = files_in(&folder.path().join(".zen/artifacts/objects"));
    assert_eq!(objects.len(), 1);
    fs::write(&objects[0], vec![b'y'; (20 << 20) + 2048]).unwrap();
    let run = cached_file_again(At(source))
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(*run.output().await.unwrap(), 20 << 20);
    assert_eq!(run.step("cached_take").unwrap().status(), Status::Completed);
}

#[step]
fn cached_take(at: At) -> Result<FileArtifact> {
    Ok(FileArtifact::from_path(at.0)?)
}

#[step]
fn size(file: &FileArtifact) -> u64 {
    file.size()
}

#[step]
fn size_again(file: &FileArtifact) -> u64 {
    file.size()
}

#[pipeline]
fn cached_file(at: At) -> Artifact<u64> {
    size(cached_take(at))
}

#[pipeline]
fn cached_file_again(at: At) -> Artifact<u64> {
    size_again(cached_take(at))
}

#[pipeline]
fn direct(file: FileArtifact) -> Artifact<u64> {
    size(file)
}

#[test]
fn a_file_is_no_parameter() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("f"), "x").unwrap();
    let file = FileArtifact::from_path(folder.path().join("f")).unwrap();
    let error = direct(file).graph().unwrap_err().to_string();
    assert!(
        error.contains("can't be a parameter: let a step make it"),
        "{error}"
    );
}

/// What is in a folder: text for a file, with whether it is executable; none for a folder.
type Tree = BTreeMap<String, Option<(Vec<u8>, bool)>>;

fn make(root: &Path, tree: &Tree) {
    fs::create_dir_all(root).unwrap();
    for (path, file) in tree {
        let path = root.join(path);
        match file {
            None => fs::create_dir_all(path).unwrap(),
            Some((bytes, executable)) => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, bytes).unwrap();
                #[cfg(unix)]
                {
                    use std::os::unix::fs::PermissionsExt;
                    let mode = if *executable { 0o700 } else { 0o600 };
                    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                }
            }
        }
    }
}

fn look(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut open = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{prefix}{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                open.push((entry.path(), format!("{path}/")));
                tree.insert(path, None);
            } else {
                #[cfg(unix)]
                let executable = {
                    use std::os::unix::fs::PermissionsExt;
                    entry.metadata().unwrap().permissions().mode() & 0o100 != 0
                };
                #[cfg(not(unix))]
                let executable = false;
                tree.insert(path, Some((fs::read(entry.path()).unwrap(), executable)));
            }
        }
    }
    tree
}

fn codec<T: Materialize>() -> Arc<dyn Codec<T>> {
    T::codecs().remove(0)
}

fn stored(folder: &FolderArtifact) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec().encode(folder, &mut bytes).unwrap();
    bytes
}

/// Trees of a few names, some of them long, so that files and folders share parents. What would be both a file and a folder is left out.
fn tree() -> impl Strategy<Value = Tree> {
    let name = prop_oneof![
        "[a-c]",
        "[ä-ö .\\\\'\"-]{1,3}x",
        "[a-z]{60,100}",
        Just("-rf".to_owned())
    ];
    let path = prop::collection::vec(name, 1..5).prop_map(|parts| parts.join("/"));
    let file = prop::option::of((prop::collection::vec(any::<u8>(), 0..2000), any::<bool>()));
    prop::collection::btree_map(path, file, 0..12).prop_map(|tree: Tree| {
        let mut kept = Tree::new();
        for (path, file) in tree {
            let below_file = path
                .match_indices('/')
                .any(|(at, _)| matches!(kept.get(&path[..at]), Some(Some(_))));
            let has_below = kept.keys().any(|known| known.starts_with(&format!("{path}/")));
            if !(below_file || has_below && file.is_some()) {
                kept.insert(path, file);
            }
        }
        kept
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn folders_come_back_as_they_were(tree in tree()) {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join("in"), &tree);
        let made = look(&folder.path().join("in"));
        let input = FolderArtifact::from_path(folder.path().join("in")).unwrap();
        let bytes = stored(&input);
        let read = codec::<FolderArtifact>().decode(&bytes, 1).unwrap();
        read.extract_to(folder.path().join("out")).unwrap();
        prop_assert_eq!(&look(&folder.path().join("out")), &made);
        prop_assert!(read.entries().eq(input.entries()));
        prop_assert_eq!(read.file_count(), made.values().flatten().count());
        for (path, file) in &made {
            let content = read.open(path).map(|mut reader| {
                let mut content = Vec::new();
                reader.read_to_end(&mut content).unwrap();
                content
            });
            prop_assert_eq!(content.ok(), file.as_ref().map(|(bytes, _)| bytes.clone()));
        }
        // The same folder elsewhere, made in another order at another time, is the same content; so is what was read.
        prop_assert!(stored(&read) == bytes);
        let copy = FolderArtifact::from_path(folder.path().join("out")).unwrap();
        prop_assert!(stored(&copy) == bytes);
    }
}

#[test]
fn any_tar_program_reads_a_stored_folder() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{}/{}", "deep".repeat(30), "name".repeat(40));
    let tree = Tree::from([
        ("empty".into(), None),
        ("a.txt".into(), Some((b"hello".to_vec(), false))),
        ("run.sh".into(), Some((b"#!/bin/sh\n".to_vec(), true))),
        ("zwölf/ü".into(), Some((vec![1; 3000], false))),
        (long, Some((vec![2; 512], false))),
    ]);
    make(&folder.path().join("in"), &tree);
    let input = FolderArtifact::from_path(folder.path().join("in")).unwrap();
    let archive = folder.path().join("folder.tar");
    fs::write(&archive, stored(&input)).unwrap();
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if require("tar", has("tar")) {
        let out = folder.path().join("tar");
        fs::create_dir(&out).unwrap();
        let done = Command::new("tar")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(&out)
            .output()
            .unwrap();
        assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
        assert_eq!(look(&out), look(&folder.path().join("in")));
    }
    if require("python3", has("python3")) {
        let out = folder.path().join("python");
        let script = "import sys, tarfile; tarfile.open(sys.argv[1], 'r:').extractall(sys.argv[2])";
        let done = Command::new("python3")
            .args(["-c", script])
            .arg(&archive)
            .arg(&out)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        assert_eq!(look(&out), look(&folder.path().join("in")));
    }
    assert!(matches!(
        input.extract_to(&archive),
        Err(FilesError::Exists { .. })
    ));
    assert!(matches!(
        input.extract_to(folder.path().join("in")),
        Err(FilesError::Exists { .. })
    ));
    assert!(matches!(input.open("a.txt/"), Err(FilesError::NoFile(_))));
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_neither_file_nor_folder_is_refused_by_its_path() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("in/deep");
    fs::create_dir_all(&inner).unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    let root = folder.path().join("in");
    let refused = |path: &Path, words: &str| {
        let error = FolderArtifact::from_path(&root).unwrap_err().to_string();
        let named = path
            .strip_prefix(folder.path())
            .unwrap()
            .to_string_lossy()
            .into_owned();
        assert!(error.contains(&named) && error.contains(words), "{error}");
        let error = FileArtifact::from_path(path).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        fs::remove_file(path).unwrap();
        FolderArtifact::from_path(&root).unwrap();
    };
    let at = inner.join("odd");
    symlink(folder.path().join("file"), &at).unwrap();
    refused(&at, "is a symbolic link");
    symlink("nowhere", &at).unwrap();
    refused(&at, "is a symbolic link");
    let _socket = UnixListener::bind(&at).unwrap();
    refused(&at, "is a device, a pipe or a socket");
    let odd = inner.join(std::ffi::OsStr::from_bytes(b"\xff"));
    if fs::write(&odd, "x").is_ok() {
        let error = FolderArtifact::from_path(&root).unwrap_err().to_string();
        assert!(error.contains("is not UTF-8"), "{error}");
        assert!(matches!(
            FileArtifact::from_path(&odd),
            Err(FilesError::Name { .. })
        ));
        fs::remove_file(odd).unwrap();
    }
    assert!(matches!(
        FileArtifact::from_path(&root),
        Err(FilesError::Kind { .. })
    ));
    assert!(matches!(
        FolderArtifact::from_path(folder.path().join("file")),
        Err(FilesError::Kind { .. })
    ));
    assert!(matches!(
        FileArtifact::from_path(folder.path().join("none")),
        Err(FilesError::Io { .. })
    ));
    // A step that does it fails with the path.
    symlink("nowhere", &at).unwrap();
    let failed = read_folder(At(root))
        .on(&support::memory())
        .quiet()
        .run()
        .await
        .unwrap_err();
    assert!(
        failed.to_string().contains("in/deep/odd is a symbolic link"),
        "{failed}"
    );
}

/// Makes an artifact of something and then changes it, before it is stored.
#[step(cache = false)]
fn hasty(at: At, change: u8) -> Result<FolderArtifact> {
    let folder = FolderArtifact::from_path(&at.0)?;
    match change {
        0 => fs::remove_file(at.0.join("a"))?,
        1 => fs::write(at.0.join("a"), "much longer")?,
        2 => fs::write(at.0.join("new"), "")?,
        _ => {
            fs::remove_file(at.0.join("a"))?;
            fs::create_dir(at.0.join("a"))?;
        }
    }
    Ok(folder)
}

#[pipeline]
fn hastily(at: At, change: u8) -> Artifact<FolderArtifact> {
    hasty(at, change)
}

#[tokio::test]
async fn what_changes_or_vanishes_before_it_is_stored_is_an_error() {
    for change in 0..4 {
        let (folder, stack) = support::files();
        let root = folder.path().join("data");
        make(
            &root,
            &Tree::from([("a".into(), Some((b"short".to_vec(), false)))]),
        );
        let error = hastily(At(root), change)
            .on(&stack)
            .quiet()
            .run()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("output `output` of `hasty`"), "{error}");
        assert!(error.contains("/data"), "{error}");
        let words = if change == 0 {
            "opening"
        } else {
            "was changed while it was being stored"
        };
        assert!(error.contains(words), "{change}: {error}");
        assert!(files_in(&folder.path().join(".zen/artifacts")).is_empty());
    }
}
