//! Programs that can be started again as a service, and those that can't.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use zen_core::prelude::*;
use zen_core::service::ServiceError;
use zen_core::testing::StopServices;
use zen_tests::services::{Greeter, ask};

use super::support::{SOON, assert_gone, is_alive, pid, printed, project, project_with};

const UNMARKED: &str = env!("CARGO_BIN_EXE_unmarked");

fn journal(folder: &Path) -> Vec<u32> {
    let text = std::fs::read_to_string(folder.join("journal")).unwrap_or_default();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn a_test_is_no_program_for_services() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::builder().home(folder.path().join(".zen")).build().unwrap();
    let _stop = StopServices::of(&stack);
    let service = Service::local(&stack, "greeter", &Greeter::new("hello")).unwrap();
    let error = service.start(SOON).unwrap_err();
    assert!(matches!(error, ServiceError::NotHooked), "{error:?}");
    assert_eq!(service.versions().unwrap(), [], "nothing was tried");
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
}

#[test]
fn a_test_may_start_what_another_program_runs() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    service.stop(SOON, false).unwrap();
    let stack = Stack::at(&project.home()).unwrap();
    let service: Service = Service::find(&stack, service.id()).unwrap();
    service.start(SOON).unwrap();
    assert!(service.is_running());
}

#[test]
fn executables_that_know_nothing_of_services() {
    for program in ["/bin/true", "/bin/false", "/bin/cat", "/bin/sleep"] {
        let project = project_with(program);
        let service = project.service(&Greeter::new("hello"));
        let error = service.start(SOON).unwrap_err();
        assert!(matches!(error, ServiceError::Start { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.contains("must be marked `#[zen_core::main]`"), "{said}");
        let known = Path::new(program).canonicalize().unwrap();
        assert!(said.contains(&known.display().to_string()), "{said}");
        assert_gone(&service);
        assert!(service.is_failed());
    }
}

#[test]
fn a_program_that_says_nothing_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("silent");
    std::fs::write(&program, "#!/bin/bash\necho $$ > pid\nexec sleep 1000\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, executable).unwrap();
    let project = project_with(&program);
    let service = project.service(&Greeter::new("hello"));
    let error = service.start(Duration::from_secs(1)).unwrap_err();
    assert!(matches!(error, ServiceError::StartTimeout { .. }), "{error:?}");
    assert!(
        error.to_string().contains("marked `#[zen_core::main]`"),
        "{error}"
    );
    // A second is long for a shell; but nothing is wrong when it wasn't.
    if let Ok(pid) = std::fs::read_to_string(project.folder().join("pid")) {
        assert!(!is_alive(pid.trim().parse().unwrap()));
    }
    assert_gone(&service);
}

#[test]
fn what_is_no_executable_and_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let project = project_with(folder.path().join("nowhere"));
    let error = Service::local(&project.stack, "tested", &Greeter::new("hello")).unwrap_err();
    assert!(matches!(error, ServiceError::File { .. }), "{error:?}");

    let text = folder.path().join("text");
    std::fs::write(&text, "no program").unwrap();
    let project = project_with(&text);
    let service = project.service(&Greeter::new("hello"));
    let error = service.start(SOON).unwrap_err();
    assert!(matches!(error, ServiceError::Spawn { .. }), "{error:?}");
    assert!(service.is_failed());

    // The copy and the original are gone.
    let program = folder.path().join("servant");
    std::fs::copy(env!("CARGO_BIN_EXE_servant"), &program).unwrap();
    let project = project_with(&program);
    let service = project.service(&Greeter::new("hello"));
    std::fs::remove_dir_all(project.home().join("bin")).unwrap();
    std::fs::remove_file(&program).unwrap();
    let error = service.start(SOON).unwrap_err();
    assert!(matches!(error, ServiceError::NoProgram { .. }), "{error:?}");
}

#[test]
fn an_ordinary_main_starts_no_services() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(UNMARKED)
        .env("ZEN_HOME", folder.path().join(".zen"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("must be marked `#[zen_core::main]`"), "{said}");
    assert_eq!(journal(folder.path()).len(), 1);
}

#[test]
fn an_ordinary_main_that_was_started_as_a_service_starts_no_others() {
    let project = project_with(UNMARKED);
    let service = project.service(&Greeter::new("hello"));
    let error = service.start(SOON).unwrap_err().to_string();
    for part in ["exit code 1", "must be marked", "it starts no others"] {
        assert!(error.contains(part), "{error}");
    }
    let ran = journal(project.folder());
    assert_eq!(ran.len(), 1, "it was started once, and started none");
    assert!(!is_alive(ran[0]));
}

#[test]
fn a_main_of_its_own_may_look_whether_it_is_a_daemon() {
    let project = project();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bare"));
    command.arg(project.home());
    let id = printed(command).parse().unwrap();
    let service: Service = Service::find(&project.stack, id).unwrap();
    assert_eq!(ask(&service).unwrap(), format!("bare 1 {}", pid(&service)));
    service.stop(SOON, false).unwrap();
}

#[test]
fn a_program_that_was_built_anew_or_is_gone_still_runs_its_services() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("servant");
    std::fs::copy(env!("CARGO_BIN_EXE_servant"), &program).unwrap();
    let project = project_with(&program);
    let service = project.started(&Greeter::new("hello"));
    for gone in [false, true] {
        match gone {
            false => std::fs::write(&program, "another build").unwrap(),
            true => std::fs::remove_file(&program).unwrap(),
        }
        service.stop(SOON, false).unwrap();
        service.start(SOON).unwrap();
        assert!(ask(&service).unwrap().starts_with("hello "));
    }
    let error = service.update(&Greeter::new("good day"), SOON).unwrap_err();
    assert!(matches!(error, ServiceError::File { .. }), "{error:?}");
    assert!(service.is_running(), "what ran before still runs");
}
