//! A program tells its secrets wherever it can, and they are nowhere.

use std::path::Path;
use std::process::Command;

use zen_core::prelude::*;
use zen_core::secrets::{FileSecrets, Secret, SecretsStore};
use zen_core::testing::StopServices;

/// Told in the same places as the secrets, and no secret.
const MARKER: &str = "MARKER-7Q9X";

const OF_THE_ENVIRONMENT: &str = "env1r0nment-s3cret/+%";
const OF_THE_FILE: &str = "f1le \"p4ssword\" \\ é=%41+z";
const CERTIFICATE: &str = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqh\n\tkiG9w0BAQEFAASC\n-----END KEY-----\n";
const TOKEN: &str = "t0ken-0f-the-server";

/// All that a program left: what it said, and every file below the folder, by name and content.
struct Left(Vec<(String, Vec<u8>)>);

impl Left {
    fn read(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            match path.is_dir() {
                // Copies of a program that was built before there was a secret.
                true if path.ends_with(".zen/bin") => {}
                true => self.read(&path),
                false => {
                    let bytes = std::fs::read(&path).unwrap_or_default();
                    self.0.push((name, bytes));
                }
            }
        }
    }

    fn holding(&self, text: &str) -> Vec<&str> {
        let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        let found = self
            .0
            .iter()
            .filter(|(name, bytes)| holds(bytes) || holds(name.as_bytes()));
        found.map(|(name, _)| name.as_str()).collect()
    }
}

/// What a secret looks like in files and outputs.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let shown = format!("{secret:?}");
    let nested = format!("{json:?}");
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let mut forms = vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        shown[1..shown.len() - 1].to_owned(),
        nested[3..nested.len() - 3].to_owned(),
        encoded,
    ];
    forms.extend(secret.lines().map(|line| line.trim().to_owned()));
    forms
}

#[test]
fn whatever_a_program_tells() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".zen");
    let file = FileSecrets::in_home(&home);
    for (name, value) in [
        ("from-file.password", OF_THE_FILE),
        ("from-file.certificate", CERTIFICATE),
        ("server.token", TOKEN),
    ] {
        file.set(&name.parse().unwrap(), &Secret::new(value)).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_secretive"))
        .args(["tell".as_ref(), home.as_os_str(), MARKER.as_ref()])
        .env("ZEN_HOME", &home)
        .env("ZEN_SECRET_FROM_ENV__KEY", OF_THE_ENVIRONMENT)
        .env("ZEN_TEST_MARKER", MARKER)
        .env("RUST_LOG", "info")
        .output()
        .unwrap();
    let stack = Stack::builder().home(&home).build().unwrap();
    let _stop = StopServices::of(&stack);
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(!output.status.success(), "{said}\n{complained}");
    assert!(
        complained.contains("error: the end: MARKER"),
        "{said}\n{complained}"
    );

    let mut left = Left(vec![
        ("standard output".into(), output.stdout),
        ("standard error".into(), output.stderr),
    ]);
    left.read(folder.path());
    let id = said.lines().last().unwrap().parse().unwrap();
    let server: Service = Service::find(&stack, id).unwrap();
    let pid = server.versions().unwrap().pop().unwrap().process.unwrap().pid;
    for what in ["cmdline", "environ"] {
        let bytes = std::fs::read(format!("/proc/{pid}/{what}")).unwrap();
        left.0.push((format!("the server's {what}"), bytes));
    }
    left.0.retain(|(name, _)| !name.ends_with(".zen/secrets.toml"));

    // Where the secrets were told, as the marker beside them shows.
    let marked = left.holding(MARKER);
    for place in [
        "standard output",
        "standard error",
        "metadata.db",
        "the server's environ",
        ".log",
    ] {
        assert!(
            marked.iter().any(|name| name.contains(place)),
            "nothing was told in {place}: {marked:?}"
        );
    }
    assert!(
        left.holding("--zen-worker")
            .iter()
            .any(|name| name.contains("cmdline"))
    );
    assert!(
        left.holding("--zen-daemon")
            .iter()
            .any(|name| name.contains("cmdline"))
    );
    for told in [
        "a warning: MARKER",
        "printed MARKER",
        "printed as an error MARKER",
        "aborting: MARKER",
        "a thread: MARKER",
        "failed: MARKER",
        "panicked: MARKER",
        "a hook failed",
    ] {
        assert!(
            left.holding(told).iter().any(|name| name.contains("standard")),
            "{told}\n{complained}"
        );
    }
    for recorded in [
        "printed MARKER",
        "panicked: MARKER",
        "a hook failed after",
        "MARKER-7Q9X-***",
    ] {
        let found = left.holding(recorded);
        assert!(
            found.iter().any(|name| name.contains("metadata.db")),
            "{recorded}: {found:?}"
        );
    }
    for logged in [
        "a service: MARKER",
        "a thread of a service: MARKER",
        "a service failed: MARKER",
    ] {
        let found = left.holding(logged);
        assert!(
            found.iter().any(|name| name.ends_with(".log")),
            "{logged}: {found:?}"
        );
    }

    for secret in [OF_THE_ENVIRONMENT, OF_THE_FILE, CERTIFICATE, TOKEN] {
        for form in forms(secret) {
            assert_eq!(left.holding(&form), [""; 0], "{form:?} was told");
        }
    }
    // Half a secret, where a text was cut within it.
    for half in ["env1r0n", "f1le \"p4", "MIIEvQIBA"] {
        assert_eq!(left.holding(half), [""; 0], "{half:?} was told");
    }
}
