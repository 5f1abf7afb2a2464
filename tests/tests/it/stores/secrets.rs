//! Credentials are in nothing that a program writes.

use std::path::Path;
use std::process::{Command, Output};

use zen_tests::stores::{Azurite, Options, Weed, free_ports};

/// As a shared access token is: its signature is the secret.
const SIGNATURE: &str = "HIDDENSIGNATURE";
const SESSION: &str = "HIDDENSESSIONTOKEN";

fn keeper(home: &Path, url: &str, options: &Options, mode: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keeper"));
    command
        .arg(mode)
        .env("ZEN_HOME", home)
        .env("ZEN_ARTIFACT_STORE", url);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("AWS_") || name.starts_with("AZURE_") {
            command.env_remove(name);
        }
    }
    command
        .env("ZEN_RETRY_SECONDS", "1")
        .envs(options.iter().cloned());
    command.output().unwrap()
}

/// All that a program left: what it said, and every file below the folder, by name and content.
struct Left(Vec<(String, Vec<u8>)>);

impl Left {
    fn by(outputs: Vec<Output>, folder: &Path) -> Self {
        let mut all = Vec::new();
        for output in outputs {
            all.push(("standard output".to_owned(), output.stdout));
            all.push(("standard error".to_owned(), output.stderr));
        }
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.display().to_string();
                    all.push((name, std::fs::read(&path).unwrap_or_default()));
                }
            }
        }
        Self(all)
    }

    fn holding(&self, text: &str) -> Vec<&str> {
        let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        let found = self
            .0
            .iter()
            .filter(|(name, bytes)| holds(bytes) || holds(name.as_bytes()));
        found.map(|(name, _)| name.as_str()).collect()
    }

    #[track_caller]
    fn hides(&self, secrets: &[&str]) {
        for secret in secrets {
            assert_eq!(self.holding(secret), [""; 0], "`{secret}` was written");
            let encoded = secret.replace('+', "%2B").replace('/', "%2F");
            assert_eq!(self.holding(&encoded), [""; 0], "`{encoded}` was written");
        }
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn of_s3() {
    let Some(weed) = Weed::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".zen");
    let url = format!("{}/prefix", weed.url("secrets"));
    let run = |options: &Options, mode| keeper(&home, &url, options, mode);
    let options = weed.options();

    let first = run(&options, "run");
    assert!(first.status.success(), "{}", said(&first));
    assert!(
        said(&first).contains("with 0 of 5 steps from the cache"),
        "{}",
        said(&first)
    );
    let second = run(&options, "run");
    assert!(
        said(&second).contains("with 5 of 5 steps from the cache"),
        "{}",
        said(&second)
    );
    let read = run(&options, "read");
    assert!(
        said(&read).contains("20000 numbers at s3://secrets/prefix/objects/"),
        "{}",
        said(&read)
    );
    let failing = run(&options, "fail");
    assert!(
        !failing.status.success() && said(&failing).contains("told to fail after"),
        "{}",
        said(&failing)
    );

    // Three stores that fail: one that refuses, one that isn't there, and one that gets a token it can't know.
    let changed = |name: &str, value: &str| {
        let mut options = options.clone();
        options.retain(|(given, _)| given != name);
        options.push((name.into(), value.into()));
        options
    };
    let wrong = run(&changed("AWS_SECRET_ACCESS_KEY", "HIDDENBUTWRONG"), "run");
    assert!(
        !wrong.status.success() && said(&wrong).contains("was refused"),
        "{}",
        said(&wrong)
    );
    let [port] = free_ports();
    let gone = run(
        &changed("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{port}")),
        "run",
    );
    assert!(
        !gone.status.success() && said(&gone).contains("can't be reached"),
        "{}",
        said(&gone)
    );
    let session = run(&changed("AWS_SESSION_TOKEN", SESSION), "fail");

    // The libraries that speak to the store did log.
    assert!(
        said(&first).contains("hyper"),
        "the log holds what all libraries say"
    );
    let left = Left::by(
        vec![first, second, read, failing, wrong, gone, session],
        folder.path(),
    );
    assert!(
        left.holding(&url).iter().any(|name| name.contains("metadata.db")),
        "the search finds what is there"
    );
    left.hides(&[Weed::SECRET, "HIDDENBUTWRONG", SESSION, "Signature="]);
}

#[test]
fn of_azure() {
    let Some(azurite) = Azurite::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".zen");
    let url = format!("{}/prefix", azurite.url("secrets"));
    let options = azurite.options();
    let first = keeper(&home, &url, &options, "run");
    assert!(first.status.success(), "{}", said(&first));
    let failing = keeper(&home, &url, &options, "fail");
    assert!(
        said(&failing).contains("told to fail after"),
        "{}",
        said(&failing)
    );

    let mut token = options.clone();
    token.retain(|(name, _)| name != "AZURE_STORAGE_ACCOUNT_KEY");
    let sas = format!("sv=2022-11-02&ss=b&srt=sco&sp=rwdlac&se=2099-01-01T00:00:00Z&sig={SIGNATURE}");
    token.push(("AZURE_STORAGE_SAS_TOKEN".into(), sas));
    let refused = keeper(&home, &url, &token, "run");
    assert!(
        !refused.status.success() && said(&refused).contains("was refused"),
        "{}",
        said(&refused)
    );
    let [port] = free_ports();
    token.retain(|(name, _)| name != "AZURE_STORAGE_ENDPOINT");
    token.push((
        "AZURE_STORAGE_ENDPOINT".into(),
        format!("http://127.0.0.1:{port}/zentest"),
    ));
    let gone = keeper(&home, &url, &token, "run");
    assert!(
        !gone.status.success() && said(&gone).contains("can't be reached"),
        "{}",
        said(&gone)
    );

    let left = Left::by(vec![first, failing, refused, gone], folder.path());
    assert!(!left.holding(&url).is_empty());
    left.hides(&[Azurite::KEY, SIGNATURE, "sig="]);
}
