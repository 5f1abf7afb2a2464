//! An MLflow that isn't there, or doesn't work: said before anything is started.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use zen_core::deploy::{DeployConfig, DeployRequest, store_model};
use zen_core::stack::Stack;
use zen_integrations::mlflow::{Mlflow, MlflowOptions};
use zen_tests::chain;
use zen_tests::models::{Line, Pairs};

/// A stack whose services nobody starts.
fn project() -> (tempfile::TempDir, Stack) {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .program(env!("CARGO_BIN_EXE_servant"))
        .build()
        .unwrap();
    (folder, stack)
}

/// Why a line can't be deployed.
fn refusal(stack: &Stack, options: MlflowOptions) -> String {
    let model = store_model(stack, "line", &Line::new(1.0)).unwrap();
    let request = DeployRequest::new(model, DeployConfig::named("line").with(&options));
    let error = Mlflow::deployer().deploy_model(stack, &request).unwrap_err();
    let services = stack.metadata().services(&Default::default()).unwrap();
    assert!(services.is_empty(), "nothing is recorded: {services:?}");
    chain(&error)
}

/// A script that anybody may run.
fn script(folder: &tempfile::TempDir, text: &str, mode: u32) -> PathBuf {
    let path = folder.path().join("mlflow");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn an_executable_that_cannot_be_used_is_told() {
    let (folder, stack) = project();
    let of = |executable: &str| refusal(&stack, MlflowOptions::default().executable(executable));
    let missing = of("mlflow-that-nobody-has");
    for part in [
        "in the folders of PATH",
        "pip install mlflow onnx onnxruntime",
        "`MlflowOptions::executable`",
    ] {
        assert!(missing.contains(part), "{missing}");
    }
    let missing = of("nowhere/mlflow");
    assert!(
        missing.contains(folder.path().join("nowhere/mlflow").to_str().unwrap()),
        "{missing}"
    );
    let path = script(&folder, "exit 0", 0o644);
    assert!(of(path.to_str().unwrap()).contains("no permission to be executed"));
    assert!(of(folder.path().to_str().unwrap()).contains("it is no file"));
    script(&folder, "echo no module named mlflow; exit 3", 0o755);
    let broken = of("./mlflow");
    assert!(
        broken.contains("no module named mlflow") && broken.contains("exit status: 3"),
        "{broken}"
    );
    script(
        &folder,
        "[ \"$1\" = --version ] && exec echo mlflow, version 1; echo no such command >&2; exit 2",
        0o755,
    );
    let broken = of("./mlflow");
    assert!(
        broken.contains("mlflow models serve --help") && broken.contains("no such command"),
        "{broken}"
    );
    script(&folder, "echo Tuesday, 12 bananas", 0o755);
    let broken = of("./mlflow");
    assert!(
        broken.contains("doesn't say what MLflow says, but: Tuesday, 12 bananas"),
        "{broken}"
    );
    script(&folder, "", 0o755);
    std::fs::write(folder.path().join("mlflow"), "#!/nowhere/python\n").unwrap();
    assert!(of("./mlflow").contains("can't be executed"));
}

#[test]
fn settings_that_cannot_be_are_told() {
    let (_folder, stack) = project();
    let options = MlflowOptions::default;
    assert!(refusal(&stack, options().workers(0usize)).contains("`workers`"));
    assert!(refusal(&stack, options().request_timeout(0u64)).contains("`request_timeout`"));
    let credentials = refusal(&stack, options().tracking_uri("http://me:secret@localhost"));
    assert!(
        credentials.contains("`tracking_uri`") && !credentials.contains("secret@"),
        "{credentials}"
    );
    let uri = |uri: &str| refusal(&stack, options().model_uri(uri));
    assert!(uri("models:/iris").contains("which version"));
    assert!(uri("models:/iris/Production").contains("no number"));
    assert!(uri("models:/iris@").contains("write `models:/"));
    assert!(uri("-m").contains("begins with `-`"));
    assert!(uri("nowhere").contains("MLmodel"));
    let nobody = options()
        .tracking_uri("http://127.0.0.1:1")
        .model_uri("models:/iris@best");
    assert!(refusal(&stack, nobody).contains("tracking server http://127.0.0.1:1"));
    // No way of writing it is listed.
    let model = store_model(&stack, "pairs", &Pairs).unwrap();
    let request = DeployRequest::new(model, DeployConfig::named("pairs"));
    let error = Mlflow::deployer().deploy_model(&stack, &request).unwrap_err();
    assert!(chain(&error).contains("register_onnx!"), "{error}");
}

#[test]
fn a_component_names_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "stack = \"served\"\n\n[components.model_deployer.serving]\nflavor = \"mlflow\"\nexecutable = \"./mlflow\"\n\n\
                    [stacks.served]\nmodel_deployer = \"serving\"\n";
    std::fs::write(folder.path().join("zen.toml"), settings).unwrap();
    let deployed = Command::new(env!("CARGO_BIN_EXE_servant"))
        .args([
            "line".as_ref(),
            folder.path().join(".zen").as_os_str(),
            "2".as_ref(),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&deployed.stderr).into_owned();
    assert!(!deployed.status.success());
    assert!(
        said.contains("`components.model_deployer.serving.executable`"),
        "{said}"
    );
}
