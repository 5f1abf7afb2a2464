//! Secrets of the environment, above those of a file.

use std::path::Path;
use std::process::Command;

use zen_core::secrets::{
    EnvironmentSecrets, FileSecrets, Reference, Secret, SecretError, Secrets, SecretsStore,
};

/// The program that shows a secret, and what it says.
fn get(file: &Path, name: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_secretive"));
    program.arg("get").arg(file).arg(name).env_remove("ZEN_HOME");
    let output = program.envs(variables.iter().copied()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_environment_counts_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.toml");
    let file = FileSecrets::at(&path);
    for (name, value) in [
        ("data-base.pass-word", "of the file"),
        ("other.key", "also of the file"),
    ] {
        file.set(&name.parse().unwrap(), &Secret::new(value)).unwrap();
    }
    let variables = [
        ("ZEN_SECRET_DATA_BASE__PASS_WORD", "of the environment"),
        ("ZEN_SECRET_OTHER__KEY", ""),
        ("ZEN_SECRET_NOKEY", "nothing"),
    ];
    let names = "{\"data-base\": [\"pass-word\"], \"data_base\": [\"pass_word\"], \"other\": [\"key\"]}";
    assert_eq!(
        get(&path, "data-base.pass-word", &variables),
        (true, format!("of the environment\n{names}\n"))
    );
    // An empty variable is none.
    assert_eq!(
        get(&path, "other.key", &variables),
        (true, format!("also of the file\n{names}\n"))
    );
    let (found, said) = get(&path, "data-base.pass-word", &[]);
    assert!(found && said.starts_with("of the file\n"), "{said}");
}

#[test]
fn what_the_environment_has_needs_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.toml");
    let (found, said) = get(&path, "a.b", &[("ZEN_SECRET_A__B", "value")]);
    assert!(found && said.starts_with("value\n"), "{said}");
    let (found, said) = get(&path, "a.b", &[]);
    assert!(!found, "{said}");
    for told in [
        "`a.b`",
        "the environment or",
        "secrets.toml",
        "zen secret set a b",
        "ZEN_SECRET_A__B",
    ] {
        assert!(said.contains(told), "{told} in {said}");
    }
}

#[test]
fn the_environment_can_only_be_read() {
    let reference: Reference = "a.b".parse().unwrap();
    let set = EnvironmentSecrets.set(&reference, &Secret::new("x")).unwrap_err();
    let delete = EnvironmentSecrets.delete("a", None).unwrap_err();
    for error in [set, delete] {
        assert!(matches!(error, SecretError::ReadOnly { .. }), "{error}");
    }
}

#[test]
fn texts_are_resolved_and_show_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = FileSecrets::at(folder.path().join("secrets.toml"));
    file.set(&"web.user".parse().unwrap(), &Secret::new("somebody-7"))
        .unwrap();
    let secrets = Secrets::new(Some(std::sync::Arc::new(file)));
    let text = "https://{{web.user}}:{{ web.user }}@host/{path}";
    let resolved = secrets.resolve(text).unwrap();
    assert_eq!(resolved, "https://somebody-7:somebody-7@host/{path}");
    assert_eq!(secrets.resolve_secret(text).unwrap().reveal(), resolved);
    assert_eq!(secrets.resolve("no reference").unwrap(), "no reference");
    assert!(!format!("{secrets:?} {:?}", secrets.clone()).contains("somebody-7"));
    let missing = secrets.resolve("{{web.password}}").unwrap_err();
    assert!(matches!(missing, SecretError::Missing { .. }), "{missing}");
    for wrong in ["{{web}}", "{{web.user", "{{.x}}", "{{}}"] {
        let error = secrets.resolve(wrong).unwrap_err();
        assert!(matches!(error, SecretError::Reference(_)), "{error}");
    }
}
