//! Several processes change the file with the secrets, and some are killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use zen_core::secrets::{FileSecrets, Secret, SecretsStore};

fn program(command: &str, file: &Path, arguments: &[&str]) -> Child {
    let mut program = Command::new(env!("CARGO_BIN_EXE_secretive"));
    program.arg(command).arg(file).args(arguments);
    program.stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn who_keeps_secrets_at_once_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.toml");
    let names = ["one", "two", "three", "four"];
    let programs: Vec<_> = names.map(|name| program("many", &path, &[name, "25"])).into();
    for mut program in programs {
        assert!(program.wait().unwrap().success());
    }
    let file = FileSecrets::at(&path);
    for name in names {
        assert_eq!(file.names().unwrap()[name].len(), 25);
        for key in 0..25 {
            let found = file.get(&format!("{name}.key{key}").parse().unwrap()).unwrap();
            assert_eq!(found, Some(Secret::new(format!("{name}-{key}"))));
        }
    }
}

#[test]
fn who_is_killed_leaves_the_old_file_or_the_new_one() {
    const LENGTH: usize = 200_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.toml");
    let file = FileSecrets::at(&path);
    file.set(&"other.key".parse().unwrap(), &Secret::new("stays"))
        .unwrap();
    let name = "long.key".parse().unwrap();
    file.set(&name, &Secret::new("a".repeat(LENGTH))).unwrap();
    for round in 0..12 {
        let mut program = program("churn", &path, &["long.key", &LENGTH.to_string()]);
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "begun");
        // At whatever moment it is; the file is looked at meanwhile, too.
        for _ in 0..=round * 3 {
            let found = file.get(&name).unwrap().unwrap();
            assert!(
                ["a", "b"]
                    .iter()
                    .any(|letter| found.reveal() == letter.repeat(LENGTH))
            );
        }
        program.kill().unwrap();
        program.wait().unwrap();
        let found = file.get(&name).unwrap().unwrap();
        assert!(
            ["a", "b"]
                .iter()
                .any(|letter| found.reveal() == letter.repeat(LENGTH))
        );
        assert_eq!(
            file.get(&"other.key".parse().unwrap()).unwrap(),
            Some(Secret::new("stays"))
        );
        // Nobody is kept out by the dead.
        let round = Secret::new(format!("round {round}"));
        file.set(&"after.round".parse().unwrap(), &round).unwrap();
        assert_eq!(file.get(&"after.round".parse().unwrap()).unwrap(), Some(round));
    }
}
