//! A server's token that is a secret.

use std::path::Path;
use std::process::{Command, Output};

use zen_core::prelude::*;
use zen_core::secrets::{FileSecrets, Secret, SecretError, SecretsStore};
use zen_core::service::{ServiceError, TokenError};
use zen_core::testing::StopServices;
use zen_tests::models::Line;

fn deploy(home: &Path, reference: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_servant"));
    program.arg("line").arg(home).args(["2", "secret", reference]);
    program.env("ZEN_SECRET_LINE_SERVER__TOKEN", "sesame-of-the-environment");
    program.env("ZEN_SECRET_OTHER__KEY", "nothing-to-the-server");
    program.output().unwrap()
}

#[test]
fn server_and_clients_find_it_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".zen");
    let stack = Stack::builder().home(&home).build().unwrap();
    let _stop = StopServices::of(&stack);
    let output = deploy(&home, "line-server.token");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let id = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    let service: Service<Line> = Service::find(&stack, id).unwrap();

    // The server has the one variable that it needs.
    let pid = service.versions().unwrap().pop().unwrap().process.unwrap().pid;
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let secrets: Vec<_> = environment
        .split('\0')
        .filter(|variable| variable.starts_with("ZEN_SECRET_"))
        .collect();
    assert_eq!(
        secrets,
        ["ZEN_SECRET_LINE_SERVER__TOKEN=sesame-of-the-environment"]
    );

    // This process has another environment, and as yet no file.
    match service.predict_one(&1.0).unwrap_err() {
        ServiceError::Token {
            source: TokenError::Secret { source },
            ..
        } => assert!(matches!(source, SecretError::Missing { .. }), "{source}"),
        other => panic!("{other}"),
    }
    let file = FileSecrets::in_home(&home);
    let token = "line-server.token".parse().unwrap();
    file.set(&token, &Secret::new("sesame-of-the-file")).unwrap();
    let refused = service.predict_one(&1.0).unwrap_err();
    assert!(
        matches!(refused, ServiceError::Refused { status: 401, .. }),
        "{refused}"
    );
    file.set(&token, &Secret::new("sesame-of-the-environment"))
        .unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);
}

#[test]
fn a_server_without_it_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".zen");
    let stack = Stack::builder().home(&home).build().unwrap();
    let _stop = StopServices::of(&stack);
    for (reference, told) in [
        ("nobody.has-it", "there is no secret `nobody.has-it`"),
        ("no reference", "is no reference to a secret"),
    ] {
        let output = deploy(&home, reference);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(told), "{said}");
    }
}
