//! Secrets: kept from where nobody else sees them, and shown to nobody who doesn't ask.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::project::{Project, Said, assert_shown};
use super::terminal::{fits, on_terminal};

const VALUE: &str = "HIDDENVALUE+/42";

/// Keeps a value that comes from the standard input.
fn set(project: &Project, name: &str, key: &str, value: &str) -> Said {
    let mut command = project.command(&["secret", "set", name, key]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever refuses the name doesn't read it.
    let _ = child.stdin.take().unwrap().write_all(value.as_bytes());
    Said::of(child.wait_with_output().unwrap())
}

/// The files that hold a text, by their names.
fn holding(folder: &Path, text: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            holding(&entry.path(), text, found);
        } else if fs::read(entry.path())
            .unwrap()
            .windows(text.len())
            .any(|window| window == text.as_bytes())
        {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
}

fn value(project: &Project, name: &str, key: &str) -> String {
    let shown = project.json(&["secret", "get", name, key, "--show"]);
    shown["value"].as_str().unwrap().to_owned()
}

#[test]
fn secrets_are_kept_and_forgotten() {
    let project = Project::empty();
    let none = project.zen(&["secret", "list"]);
    assert_eq!((none.code, none.out.as_str()), (0, ""));
    assert!(none.err.contains("there are no secrets"), "{}", none.err);
    // One line end doesn't count: it is what `echo` adds.
    let said = set(&project, "aws", "id", &format!("{VALUE}\n"));
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!format!("{}{}", said.out, said.err).contains(VALUE));
    assert_eq!(value(&project, "aws", "id"), VALUE);
    set(&project, "aws", "id", "two\n\n");
    assert_eq!(value(&project, "aws", "id"), "two\n");

    let mut command = project.command(&[
        "secret",
        "set",
        "aws",
        "key",
        "--from-env",
        "GIVEN",
        "--output=json",
    ]);
    let said = Said::of(command.env("GIVEN", VALUE).output().unwrap());
    let mut told = said.out.clone();
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(value(&project, "aws", "key"), VALUE);

    fs::write(project.folder().join("value"), "of a file\r\n").unwrap();
    told += &project.shown(&["secret", "set", "db", "password", "--from-file", "value"]);
    assert_eq!(value(&project, "db", "password"), "of a file");

    told += &project.shown(&["secret", "list"]);
    told += &project.shown(&["secret", "get", "aws", "key"]);
    for columns in [40, 80] {
        fits(project.command(&["secret", "list"]), columns);
        let (code, seen) = on_terminal(project.command(&["secret", "get", "aws", "key"]), columns, "");
        assert!(code == 0 && !seen.contains(VALUE), "{seen}");
    }
    assert_eq!(
        project.zen(&["secret", "get", "aws", "key", "--show"]).out,
        format!("{VALUE}\n")
    );

    assert_eq!(
        project.zen(&["secret", "delete", "aws"]).code,
        2,
        "nobody can be asked"
    );
    let (code, seen) = on_terminal(project.command(&["secret", "delete", "aws"]), 80, "no\n");
    assert_eq!(code, 4, "{seen}");
    told += &project.shown(&["secret", "delete", "aws", "key", "--yes"]);
    assert_eq!(project.zen(&["secret", "get", "aws", "key"]).code, 3);
    told += &project.shown(&["secret", "delete", "aws", "--yes"]);
    told += &project.shown(&["secret", "list"]);
    let folder = project.folder().canonicalize().unwrap();
    // Where they are kept differs from run to run.
    let told = told
        .replace(&folder.display().to_string(), "[folder]")
        .replace(&project.folder().display().to_string(), "[folder]");
    assert_shown!("secrets", told);
    // What was run of a project is not gone because nothing was.
    assert_eq!(project.json(&["run", "list"])["runs"], serde_json::json!([]));
}

#[test]
fn what_cannot_be_kept_is_said() {
    let project = Project::empty();
    set(&project, "aws", "key", VALUE);
    for (arguments, code, words) in [
        (
            &["secret", "get", "asw", "key"][..],
            3,
            "there is no secret `asw.key`",
        ),
        (
            &["secret", "get", "aws", "keys"],
            3,
            "there is no secret `aws.keys`",
        ),
        (
            &["secret", "delete", "asw", "--yes"],
            3,
            "there is no secret `asw`",
        ),
        (
            &["secret", "delete", "aws", "id", "--yes"],
            3,
            "there is no secret `aws.id`",
        ),
        (
            &["secret", "set", "a.b", "key"],
            2,
            "can't be the name and the key",
        ),
        (
            &["secret", "set", "aws", "../x"],
            2,
            "can't be the name and the key",
        ),
        (&["secret", "set", "aws", "key"], 2, "it is empty"),
        (
            &["secret", "set", "aws", "key", "--from-env", "NOBODY"],
            2,
            "`NOBODY`",
        ),
        (
            &["secret", "set", "aws", "key", "--from-file", "nowhere"],
            2,
            "nowhere",
        ),
        // Not in the arguments, which others see.
        (
            &["secret", "set", "aws", "key", "value"],
            2,
            "unexpected argument",
        ),
        (
            &["secret", "set", "aws", "key", "--value=x"],
            2,
            "unexpected argument",
        ),
        (
            &["secret", "set", "aws", "key", "--from-env=A", "--from-file=b"],
            2,
            "cannot be used with",
        ),
    ] {
        let said = project.zen(arguments);
        assert_eq!(
            (said.code, said.out.as_str()),
            (code, ""),
            "{arguments:?}: {}",
            said.err
        );
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    }
    for (near, meant) in [
        (&["secret", "get", "aws", "kye"][..], "did you mean `aws.key`?"),
        (&["secret", "get", "awss", "key"], "did you mean `aws.key`?"),
        (&["secret", "delete", "awss", "--yes"], "did you mean `aws`"),
    ] {
        let said = project.zen(near);
        assert!(said.code == 3 && said.err.contains(meant), "{}", said.err);
    }
    assert_eq!(value(&project, "aws", "key"), VALUE);
    let file = project.home().join("secrets.toml");
    fs::write(&file, "[aws]\nkey = 7\n").unwrap();
    let said = project.zen(&["secret", "list"]);
    assert_eq!(said.code, 5, "{}", said.err);
    assert!(said.err.contains("at line 2"), "{}", said.err);
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let said = project.zen(&["secret", "list"]);
    assert_eq!(said.code, 5, "{}", said.err);
    assert!(said.err.contains("chmod 600"), "{}", said.err);
}

/// On a terminal it is asked for, and the terminal doesn't show what is typed.
#[test]
fn a_value_is_typed_unseen() {
    let project = Project::empty();
    let command = project.command(&["secret", "set", "aws", "key"]);
    // Typed when it is asked for, as people do: before, nobody has told the terminal to hide it.
    let (code, seen) = super::terminal::answering(command, "(not shown): ", &format!("{VALUE}\n"));
    assert_eq!(code, 0, "{seen}");
    assert!(
        seen.contains("value of aws.key (not shown): ") && !seen.contains(VALUE),
        "{seen}"
    );
    assert_eq!(value(&project, "aws", "key"), VALUE);
}

/// In nothing that is printed, and in no file but the one for it.
#[test]
fn a_value_is_nowhere_else() {
    let project = Project::empty();
    set(&project, "aws", "key", VALUE);
    let register = [
        "artifact-store",
        "register",
        "bucket",
        "--flavor=s3",
        "--url=s3://models/x",
        "--access-key-id=someone",
        "--secret-access-key={{aws.key}}",
    ];
    // Whether somebody's id is secret is not known: all keys that may be are references.
    assert_eq!(project.zen(&register).code, 2);
    let register = register.map(|word| word.replace("=someone", "={{aws.key}}"));
    let register: Vec<&str> = register.iter().map(String::as_str).collect();
    let mut said = vec![project.zen(&register)];
    for arguments in [
        &["stack", "register", "cloud", "-a", "bucket", "--set"][..],
        &["stack", "describe"],
        &["stack", "list"],
        &["artifact-store", "describe", "bucket"],
        &["artifact-store", "list"],
        &["secret", "list"],
        &["secret", "get", "aws", "key"],
        &["secret", "set", "aws", "key", "--from-env", "GIVEN"],
    ] {
        for format in ["text", "json"] {
            let mut command = project.command(&[arguments, &["--output", format]].concat());
            let one = Said::of(command.env("GIVEN", VALUE).output().unwrap());
            assert!(
                one.code == 0 || arguments[1] == "register",
                "{arguments:?}: {}",
                one.err
            );
            said.push(one);
        }
    }
    let described = project.json(&["stack", "describe"]);
    let store = described["components"].as_array().unwrap();
    let store = store.iter().find(|one| one["type"] == "artifact_store").unwrap();
    assert_eq!(store["values"]["secret_access_key"]["value"], "{{aws.key}}");
    for one in said {
        assert!(!format!("{}{}", one.out, one.err).contains(VALUE), "{one:?}");
    }
    let mut found = Vec::new();
    holding(project.folder(), VALUE, &mut found);
    assert_eq!(found, ["secrets.toml"]);
}

#[test]
fn the_environment_is_a_store_that_is_only_read() {
    let project = Project::described(
        "[components.secrets_store.variables]\nflavor = \"environment\"\n[stacks.ci]\nsecrets_store = \"variables\"\n",
    );
    let ci = |arguments: &[&str]| {
        let mut command = project.command(&[&["--stack", "ci", "secret"], arguments].concat());
        Said::of(command.env("ZEN_SECRET_AWS__KEY", VALUE).output().unwrap())
    };
    assert_eq!(ci(&["get", "aws", "key", "--show"]).out, format!("{VALUE}\n"));
    assert!(ci(&["list"]).out.contains("aws"));
    for change in [
        &["set", "aws", "key", "--from-env", "ZEN_SECRET_AWS__KEY"][..],
        &["delete", "aws", "--yes"],
    ] {
        let said = ci(change);
        assert!(said.code == 5 || said.code == 2, "{said:?}");
        assert!(said.err.contains("environment"), "{}", said.err);
    }
}

#[test]
fn no_error_shows_a_secret() {
    // The path that can't be opened has the value in it, and the error names the path.
    let project = Project::described(
        "stack = \"s\"\n[components.metadata_store.hidden]\nflavor = \"sqlite\"\npath = \"/proc/{{a.b}}/metadata.db\"\n[stacks.s]\nmetadata_store = \"hidden\"\n",
    );
    // Before anything was made, there is nothing to be opened.
    std::fs::create_dir(project.home()).unwrap();
    for (arguments, shown) in [
        (&["run", "cancel", "x"][..], ""),
        (&["run", "cancel", "x", "--output", "json"], ""),
        (&["status"], ""),
        (&["stack", "check"], "/proc/***/metadata.db"),
        (&["stack", "check", "--output", "json"], "/proc/***/metadata.db"),
        (&["stack", "describe", "--output", "json"], "{{a.b}}"),
    ] {
        let mut command = project.command(arguments);
        command.env("ZEN_SECRET_A__B", "hunter2-hunter2");
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(
            !said.is_empty() && !said.contains("hunter2"),
            "{arguments:?}: {said}"
        );
        // The place is named, without what is secret of it.
        assert!(said.contains(shown), "{arguments:?}: {said}");
    }
}
