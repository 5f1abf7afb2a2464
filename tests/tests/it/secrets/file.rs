//! The file that holds a project's secrets.

use std::path::PathBuf;

use zen_core::secrets::{FileSecrets, Reference, Secret, SecretError, SecretsStore};

fn file() -> (tempfile::TempDir, PathBuf, FileSecrets) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("deep/.zen");
    let file = FileSecrets::in_home(&home);
    (folder, home.join("secrets.toml"), file)
}

fn named(name: &str) -> Reference {
    name.parse().unwrap()
}

fn value(file: &FileSecrets, name: &str) -> Option<String> {
    let found = file.get(&named(name)).unwrap();
    found.map(|secret| secret.reveal().to_owned())
}

#[test]
fn what_is_kept_is_found_as_it_was() {
    let (_folder, path, file) = file();
    assert_eq!(file.path(), path);
    assert_eq!(value(&file, "aws.key"), None, "there need be no file");
    assert!(file.names().unwrap().is_empty() && !file.delete("aws", None).unwrap());
    assert!(!path.parent().unwrap().exists(), "only a change makes the folder");

    let values = [
        "plain",
        "\"quoted\" \\ é \u{1}\u{7f}",
        "-----BEGIN\nline\r\n'''\"\"\"\n",
        " = [x] # no comment",
    ];
    for (index, value) in values.iter().enumerate() {
        file.set(&named(&format!("s{index}.key")), &Secret::new(*value))
            .unwrap();
        file.set(&named("all.last-one"), &Secret::new(*value)).unwrap();
    }
    let again = FileSecrets::at(&path);
    for (index, kept) in values.iter().enumerate() {
        assert_eq!(value(&again, &format!("s{index}.key")).as_deref(), Some(*kept));
    }
    assert_eq!(value(&again, "all.last-one").as_deref(), values.last().copied());
    assert_eq!(again.names().unwrap()["all"], ["last-one"]);
    assert_eq!(again.location(), path.display().to_string());

    assert!(again.delete("s0", Some("key")).unwrap());
    assert!(!again.delete("s0", Some("key")).unwrap() && !again.delete("s0", None).unwrap());
    assert!(again.delete("all", None).unwrap());
    let names: Vec<_> = again.names().unwrap().into_keys().collect();
    assert_eq!(names, ["s1", "s2", "s3"]);
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let (_folder, path, file) = file();
    file.set(&named("a.b"), &Secret::new("value")).unwrap();
    let files: Vec<_> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .flatten()
        .collect();
    assert!(!files.is_empty());
    for entry in files {
        // Nothing of it is secret.
        if entry.file_name() == ".gitignore" {
            continue;
        }
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
    }
    for mode in [0o640, 0o604, 0o660, 0o601, 0o644] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let read = file.get(&named("a.b")).unwrap_err();
        let names = file.names().unwrap_err();
        let set = file.set(&named("a.c"), &Secret::new("x")).unwrap_err();
        let delete = file.delete("a", None).unwrap_err();
        for error in [read, names, set, delete] {
            assert!(
                matches!(error, SecretError::Exposed { mode: told, .. } if told == mode),
                "{error}"
            );
            let said = error.to_string();
            assert!(
                said.contains(&format!("{mode:o}")) && said.contains("chmod 600"),
                "{said}"
            );
        }
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(
        value(&file, "a.b").as_deref(),
        Some("value"),
        "stricter is no harm"
    );

    // A file that a killed process left half-written, for all to read, is not the next one.
    let half = path.with_extension("toml.new");
    std::fs::write(&half, "half").unwrap();
    std::fs::set_permissions(&half, std::fs::Permissions::from_mode(0o644)).unwrap();
    file.set(&named("a.c"), &Secret::new("other")).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!((mode & 0o777, half.exists()), (0o600, false));
    assert_eq!(value(&file, "a.c").as_deref(), Some("other"));
}

/// Writes what is no such file, for its owner alone.
fn write(path: &std::path::Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn what_can_t_be_understood_is_told_by_its_line() {
    let contents: [(&[u8], usize); 9] = [
        (b"[a]\nkey = HIDDEN-1\n", 2),
        (b"[a]\nkey = \"HIDDEN-1\n", 2),
        (b"\n\n[a\nkey = \"HIDDEN-1\"\n", 3),
        (b"[a]\nx = \"1\"\nkey = 4711\n", 3),
        (b"[a]\nkey = { HIDDEN-1 = \"HIDDEN-1\" }\n", 2),
        (b"[a]\nkey = \"HIDDEN-1\"\nkey = \"HIDDEN-1\"\n", 3),
        (b"# words\nkey = \"HIDDEN-1\"\n", 2),
        (b"[a]\nx = \"1\"\ny = \"HIDDEN-1\xff\"\n", 3),
        (b"[a]\nx = \"1\"\n\"HIDDEN-1 HIDDEN-1\" = \"x\"\n", 3),
    ];
    for (content, expected) in contents {
        let (_folder, path, file) = file();
        write(&path, content);
        let shown = String::from_utf8_lossy(content);
        let read = file.get(&named("a.key")).unwrap_err();
        let set = file.set(&named("a.key"), &Secret::new("x")).unwrap_err();
        for error in [read, set] {
            let mut said = format!("{error} {error:?}");
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                said.push_str(&format!("{error} {error:?}"));
                cause = error.source();
            }
            assert!(!said.contains("HIDDEN") && !said.contains("4711"), "{said}");
            let SecretError::Malformed { line, .. } = error else {
                panic!("{shown}: {said}")
            };
            assert_eq!(line, expected, "{shown}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), content, "it is left as it is");
    }
}

#[test]
fn what_can_be_no_secret_is_refused() {
    let (_folder, path, file) = file();
    for (name, key) in [("", "b"), ("a", "b c"), ("1a", "b"), ("a", "ä"), ("a.b", "c")] {
        let reference = Reference {
            name: name.into(),
            key: key.into(),
        };
        let error = file.set(&reference, &Secret::new("value")).unwrap_err();
        assert!(matches!(error, SecretError::Name { .. }), "{error}");
    }
    let error = file.set(&named("a.b"), &Secret::new("")).unwrap_err();
    assert!(matches!(error, SecretError::Value { .. }), "{error}");
    assert!(!path.exists());
    // What can't be read, for another reason than that it isn't there.
    std::fs::create_dir_all(&path).unwrap();
    let error = file.names().unwrap_err();
    assert!(
        matches!(error, SecretError::File { .. } | SecretError::Exposed { .. }),
        "{error}"
    );
}
