//! Archives that were made to do harm.

use std::fs;

use tar::{Builder, EntryType, Header};
use zen_core::artifact::Materialize;
use zen_core::prelude::*;

/// An entry whose name is written into the header as it is, unlike the library would let us.
fn entry(name: &[u8], kind: EntryType, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str) -> Vec<u8> {
    entry(name.as_bytes(), EntryType::Regular, "", b"x")
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.extend_from_slice(&[0; 1024]);
    bytes
}

fn folder(bytes: &[u8]) -> Result<FolderArtifact, String> {
    FolderArtifact::codecs()
        .remove(0)
        .decode(bytes, 1)
        .map_err(|error| error.to_string())
}

#[track_caller]
fn refused(entries: &[Vec<u8>], words: &str) {
    let error = folder(&archive(entries)).unwrap_err();
    assert!(error.contains(words), "{error}");
}

#[test]
fn no_path_leads_out_of_the_folder() {
    refused(&[file("../evil")], "`..`");
    refused(&[file("a/../../evil")], "`..`");
    refused(&[file("a/..")], "`..`");
    refused(&[file("/etc/evil")], "is an absolute path");
    refused(&[file("//evil")], "is an absolute path");
    refused(&[file("./")], "has no name");
    refused(&[entry(b"a\xff", EntryType::Regular, "", b"")], "not UTF-8");
    // By way of a long name, and of a pax header.
    let long = format!("{}/../../../evil\0", "x".repeat(200));
    let named = entry(b"././@LongLink", EntryType::GNULongName, "", long.as_bytes());
    refused(&[named, file("harmless")], "`..`");
    let pax = entry(b"pax", EntryType::XHeader, "", b"20 path=/etc/passwd\n");
    refused(&[pax, file("harmless")], "is an absolute path");
}

#[test]
fn only_files_and_folders_each_once() {
    refused(
        &[entry(b"l", EntryType::Symlink, "/etc", b"")],
        "is a symbolic link",
    );
    refused(&[entry(b"l", EntryType::Link, "a", b"")], "is a hard link");
    for kind in [
        EntryType::Fifo,
        EntryType::Char,
        EntryType::Block,
        EntryType::Continuous,
    ] {
        refused(&[entry(b"l", kind, "", b"")], "is neither a file nor a folder");
    }
    refused(
        &[entry(b"l", EntryType::Symlink, "/tmp", b""), file("l/evil")],
        "is a symbolic link",
    );
    refused(&[file("a"), file("a")], "is there twice");
    refused(&[file("a"), file("./a")], "is there twice");
    refused(&[file("a"), file("a/b")], "is below something that is a file");
    refused(&[file("a/b"), file("a")], "is there twice");
    refused(
        &[entry(b"a", EntryType::Directory, "", b"x")],
        "is a folder with content",
    );
    let folder_twice = entry(b"a/", EntryType::Directory, "", b"");
    refused(&[folder_twice.clone(), folder_twice], "is there twice");
}

#[test]
fn what_is_cut_off_or_announces_too_much_is_refused() {
    let whole = archive(&[file("a"), file("b")]);
    assert_eq!(folder(&whole).unwrap().file_count(), 2);
    // Cut anywhere: refused, or, between entries, less of it, but never a panic.
    for length in (0..whole.len()).step_by(64) {
        if let Ok(less) = folder(&whole[..length]) {
            assert!(less.file_count() <= 2);
        }
    }
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_path("terabyte").unwrap();
    for size in [1 << 40, u64::MAX - 1000, u64::MAX] {
        header.set_size(size);
        header.set_cksum();
        assert!(folder(&archive(&[header.as_bytes().to_vec()])).is_err());
    }
    // Any byte changed: an error or another name, but never a panic.
    for position in 0..512 {
        let mut bytes = whole.clone();
        bytes[position] ^= 0x55;
        drop(folder(&bytes));
    }
    assert!(folder(&[0x55; 3000]).is_err());
}

#[test]
fn archives_of_other_programs_are_read() {
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_ustar();
    for (path, kind, content) in [
        ("./", EntryType::Directory, ""),
        ("./b/c/d.txt", EntryType::Regular, "deep"),
        ("./b/c/", EntryType::Directory, ""),
        ("./a.txt", EntryType::Regular, "hello"),
    ] {
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        header.set_path(path).unwrap();
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    let read = folder(&builder.into_inner().unwrap()).unwrap();
    let paths: Vec<_> = read.entries().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["a.txt", "b/c", "b/c/d.txt"]);
    let out = tempfile::tempdir().unwrap();
    read.extract_to(out.path().join("out")).unwrap();
    assert_eq!(
        fs::read_to_string(out.path().join("out/b/c/d.txt")).unwrap(),
        "deep"
    );
}

#[test]
fn a_file_is_an_archive_of_one_file() {
    let file_of = |bytes: &[u8]| FileArtifact::codecs().remove(0).decode(bytes, 1);
    assert_eq!(file_of(&archive(&[file("a")])).unwrap().file_name(), "a");
    for wrong in [
        archive(&[]),
        archive(&[file("a"), file("b")]),
        archive(&[file("a/b")]),
        archive(&[entry(b"a/", EntryType::Directory, "", b"")]),
        Vec::new(),
    ] {
        assert!(file_of(&wrong).is_err());
    }
}

#[test]
fn what_stands_ahead_of_an_entry_is_not_taken_whatever_its_size() {
    let long = "d/".repeat(300) + "name";
    for kind in [EntryType::GNULongName, EntryType::XHeader] {
        let ahead = match kind {
            EntryType::GNULongName => entry(b"ahead", kind, "", format!("{long}\0").as_bytes()),
            _ => entry(
                b"ahead",
                kind,
                "",
                format!("{} path={long}\n", long.len() + 10).as_bytes(),
            ),
        };
        let read = folder(&archive(&[ahead, file("short")])).unwrap();
        assert!(read.entries().any(|entry| entry.path == long), "{kind:?}");
        // It is there in full, only too much of it.
        let much = entry(b"ahead", kind, "", &vec![b'x'; 65 * 1024]);
        refused(&[much, file("a")], "may have 65536");
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(1 << 40);
        header.set_cksum();
        refused(&[header.as_bytes().to_vec()], "may have 65536");
        refused(&[entry(b"ahead", kind, "", b"12 path=abc\n")], "is not there");
    }
    let size = entry(b"ahead", EntryType::XHeader, "", b"12 size=100\n");
    refused(&[size, file("a")], "another size");
}
