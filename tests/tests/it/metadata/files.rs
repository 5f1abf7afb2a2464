//! Files and folders that are not what they should be.

use std::fs;

use zen_core::metadata::{MetadataError, SqliteMetadata, SqliteOptions};

use super::samples::{everything, fill, fill_schedules};
use super::{database, open, refused};

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    drop(open(&path));
    // Where SQLite's file format keeps `PRAGMA user_version`.
    let mut bytes = fs::read(&path).unwrap();
    let current = u32::from_be_bytes(bytes[60..64].try_into().unwrap());
    bytes[60..64].copy_from_slice(&(current + 41).to_be_bytes());
    fs::write(&path, &bytes).unwrap();

    let error = refused(&path);
    assert!(
        matches!(error, MetadataError::Newer { found, known, .. } if found == current + 41 && known == current),
        "{error:?}"
    );
    let text = error.to_string();
    for part in [
        format!("version {}", current + 41),
        format!("up to {current}"),
        path.display().to_string(),
    ] {
        assert!(text.contains(&part), "`{text}` does not say `{part}`");
    }
    assert_eq!(
        fs::read(&path).unwrap(),
        bytes,
        "a database that was refused has been changed"
    );
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    fill(&open(&path), 20);
    let good = fs::read(&path).unwrap();
    let mut no_schema = good.clone();
    no_schema[100..4096].fill(0xa5);
    let mut another_program = good.clone();
    another_program[68..72].copy_from_slice(&[1, 2, 3, 4]);
    for (what, bytes) in [
        (
            "text",
            b"this is not a database, but long enough to be one. ".repeat(100),
        ),
        ("zeros", vec![0; 10_000]),
        ("half a database", good[..good.len() / 2].to_vec()),
        ("half a page", good[..2_000].to_vec()),
        ("a damaged schema", no_schema),
        ("a database of another program", another_program),
    ] {
        let path = folder.path().join(what);
        fs::write(&path, &bytes).unwrap();
        let error = refused(&path);
        assert!(matches!(error, MetadataError::Open { .. }), "{what}: {error:?}");
        assert!(
            error.to_string().contains(what),
            "`{error}` does not name the file"
        );
        assert!(
            fs::read(&path).unwrap() == bytes,
            "{what} was refused but changed"
        );
    }
    let missing = folder.path().join("missing").join("metadata.db");
    assert!(matches!(refused(&missing), MetadataError::Open { .. }));
    assert!(matches!(refused(folder.path()), MetadataError::Open { .. }));
}

/// Whatever page is damaged, the answer is an error or the data, never a panic.
#[test]
fn damage_inside_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    fill(&open(&path), 40);
    fill_schedules(&open(&path), 10);
    let good = fs::read(&path).unwrap();
    let expected = everything(&open(&path)).unwrap();
    let mut damaged = 0;
    for page in 1..good.len() / 4096 {
        let mut bytes = good.clone();
        bytes[page * 4096..][..4096].fill(0xa5);
        let path = folder.path().join(format!("{page}.db"));
        fs::write(&path, &bytes).unwrap();
        let found =
            SqliteMetadata::open(&path, SqliteOptions::default()).and_then(|store| everything(&store));
        match found {
            Ok(found) => assert_eq!(
                found, expected,
                "damage to page {page} changed the data and was not noticed"
            ),
            Err(MetadataError::Damaged { .. } | MetadataError::Open { .. }) => damaged += 1,
            Err(other) => panic!("damage to page {page}: {other:?}"),
        }
    }
    assert!(damaged > 10, "only {damaged} damaged pages were noticed");
}

#[test]
#[cfg(unix)]
fn a_read_only_folder_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    use super::processes::child_command;

    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("read-only");
    fs::create_dir(&inside).unwrap();
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o555)).unwrap();
    let path = inside.join("metadata.db");
    if fs::File::create(inside.join("probe")).is_err() {
        let error = refused(&path);
        assert!(matches!(error, MetadataError::Open { .. }), "{error:?}");
        assert!(
            error.to_string().contains("metadata.db"),
            "`{error}` does not name the file"
        );
        return;
    }
    // Permissions do not hold for this user, who is root; another process can be somebody else.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    match child_command("open", &path)
        .uid(65_534)
        .gid(65_534)
        .current_dir(folder.path())
        .output()
    {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("refused"), "{text}");
        }
        Err(error) => eprintln!("skipped: cannot start a process that is not root: {error}"),
    }
}
