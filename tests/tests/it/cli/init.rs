//! `init`, `status`, `version`, `completion`.

use std::fs;

use super::project::{Project, assert_shown};

#[test]
fn a_project_is_made_and_never_overwritten() {
    let project = Project::empty();
    let said = project.zen(&["init", "--program", "target/debug/app"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let config = fs::read_to_string(project.folder().join("zen.toml")).unwrap();
    assert!(config.contains("\nprogram = \"target/debug/app\"\n"), "{config}");
    assert_eq!(
        fs::read_to_string(project.home().join(".gitignore")).unwrap(),
        "*\n"
    );
    let again = project.zen(&["init", "--output", "json"]);
    assert_eq!(again.code, 2);
    assert!(
        again.error()["message"]
            .as_str()
            .unwrap()
            .contains("is there already")
    );
    assert_eq!(
        fs::read_to_string(project.folder().join("zen.toml")).unwrap(),
        config
    );
    // Nothing has been run, which is no error.
    assert_eq!(project.json(&["run", "list"])["runs"], serde_json::json!([]));
    let status = project.json(&["status"]);
    assert_eq!(status["program"], serde_json::json!(["target/debug/app"]));
    let names: Vec<_> = fs::read_dir(project.home())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(names, [".gitignore"], "looking makes nothing");
}

#[test]
fn a_new_project_may_have_secrets_and_stacks() {
    let project = Project::empty();
    assert_eq!(project.zen(&["init"]).code, 0);
    let missing = project.zen(&["secret", "delete", "nope"]);
    assert_eq!(missing.code, 3, "{}", missing.err);
    let mut set = project.command(&["secret", "set", "aws", "key", "--from-env", "VALUE"]);
    assert!(set.env("VALUE", "a secret").output().unwrap().status.success());
    let registered = project.zen(&["stack", "register", "second"]);
    assert_eq!(registered.code, 0, "{}", registered.err);
    let status = project.zen(&["status"]);
    assert_eq!(status.code, 0, "{}", status.err);
}

#[test]
fn a_project_is_made_where_its_home_is_named() {
    let (project, elsewhere) = (Project::empty(), Project::empty());
    let home = elsewhere.folder().join("state");
    let named = project.json(&["init", "--home", home.to_str().unwrap()]);
    assert_eq!(named["home"], home.to_str().unwrap());
    assert!(home.join(".gitignore").exists() && elsewhere.folder().join("zen.toml").exists());
    let mut by_variable = project.command(&["init"]);
    let inner = elsewhere.folder().join("inner/.zen");
    assert!(
        by_variable
            .env("ZEN_HOME", &inner)
            .output()
            .unwrap()
            .status
            .success()
    );
    assert!(inner.exists() && elsewhere.folder().join("inner/zen.toml").exists());
    let here: Vec<_> = fs::read_dir(project.folder()).unwrap().flatten().collect();
    assert!(here.is_empty(), "{here:?}");
}

#[tokio::test]
async fn the_status_is_told_at_a_glance() {
    let project = Project::new().await;
    assert_shown!(
        "status",
        project
            .shown(&["status"])
            .replace(&*project.folder().to_string_lossy(), "")
    );
    let said = project.zen(&["status"]);
    assert!(said.out.contains("2 completed, 1 failed"), "{}", said.out);
    fs::write(project.folder().join("zen.toml"), "program = [").unwrap();
    assert_eq!(project.zen(&["status"]).code, 2);
}

#[test]
fn versions_help_and_completions_need_no_project() {
    let project = Project::empty();
    assert_eq!(project.json(&["version"])["version"], env!("CARGO_PKG_VERSION"));
    for shell in ["bash", "zsh", "fish"] {
        let said = project.zen(&["completion", shell]);
        assert!(said.code == 0 && said.out.contains("model-deployer"), "{shell}");
    }
    let help = project.zen(&["--help"]);
    assert!(
        help.code == 0 && help.out.contains("Exit codes: 0 done"),
        "{}",
        help.out
    );
    assert_eq!(project.zen(&["--version"]).code, 0);
    assert!(!project.home().exists());
}
