//! A process id that another process has by now is never taken for ours.

use std::process::Command;

use zen_core::metadata::{Change, ProcessIdentity};
use zen_core::prelude::*;
use zen_core::service::ServiceError;
use zen_tests::services::{Greeter, ask};

use super::support::{Guard, SOON, current, edit, eventually, is_alive, kill, pid, printed, project, stat};

#[test]
fn the_impostor_is_neither_believed_nor_ended() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    let begun = current(&service).process.unwrap().start;
    kill(pid(&service));
    // The system counts hundredths of a second; nobody gets the id of a process that began in the same one.
    let sleeper = loop {
        let sleeper = Guard(Command::new("sleep").arg("1000").spawn().unwrap());
        if stat(sleeper.0.id()).unwrap()[19] != begun {
            break sleeper;
        }
    };
    let impostor = sleeper.0.id();
    edit(&service, |version| {
        version.process.as_mut().unwrap().pid = impostor
    });
    assert!(service.is_failed());
    let error = service.status().unwrap().last_error.unwrap();
    assert!(error.contains(&format!("process {impostor} is gone")), "{error}");
    for force in [false, true] {
        service.stop(SOON, force).unwrap();
        assert!(is_alive(impostor));
        assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    }
}

#[test]
fn the_same_id_of_another_boot_or_machine_is_another_process() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    let real = current(&service).process.unwrap();
    let pid = real.pid;
    edit(&service, |version| {
        version.process.as_mut().unwrap().boot = "before".into()
    });
    assert!(service.is_failed());
    service.stop(SOON, true).unwrap();
    assert!(
        is_alive(pid),
        "it was ended though it isn't the process that is recorded"
    );
    edit(&service, |version| {
        version.ended = None;
        version.process = Some(ProcessIdentity {
            host: "elsewhere".into(),
            ..real.clone()
        });
    });
    let error = service.stop(SOON, true).unwrap_err();
    assert!(
        error.to_string().contains("runs on the machine `elsewhere`"),
        "{error}"
    );
    assert!(is_alive(pid));
    edit(&service, |version| version.process = Some(real));
    service.stop(SOON, true).unwrap();
    assert!(!is_alive(pid));
}

#[test]
fn a_session_of_somebody_elses_is_left_alone() {
    // Its leader has ended, as a service's process that left a child would.
    let mut shell = Command::new("setsid");
    shell.args(["bash", "-c", "sleep 1000 >/dev/null 2>&1 & echo $$ $!"]);
    let ids = printed(shell);
    let (leader, child) = ids.split_once(' ').unwrap();
    let (leader, child): (u32, u32) = (leader.parse().unwrap(), child.parse().unwrap());
    eventually("the leader ends", || !is_alive(leader));
    assert_eq!(stat(child).unwrap()[3], leader.to_string());

    let project = project();
    let service = project.started(&Greeter::new("hello"));
    kill(pid(&service));
    edit(&service, |version| version.process.as_mut().unwrap().pid = leader);
    service.stop(SOON, true).unwrap();
    let spared = is_alive(child);
    kill(child);
    assert!(spared);
    service.start(SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("hello 2 "));
}

#[test]
fn what_runs_on_another_machine_is_not_started_here_too() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    let pid = pid(&service);
    edit(&service, |version| {
        version.process.as_mut().unwrap().host = "elsewhere".into()
    });
    assert!(service.is_running(), "it answers");
    service.start(SOON).unwrap();
    let error = service.update(&Greeter::new("good day"), SOON).unwrap_err();
    assert!(matches!(error, ServiceError::Elsewhere { .. }), "{error:?}");
    assert_eq!(service.versions().unwrap().len(), 1);
    // When it doesn't answer any more, the machine may be gone for ever.
    kill(pid);
    // Its port may be another test's by now; nobody has this one.
    let mut record = service.record().unwrap();
    record.endpoint.as_mut().unwrap().port = 1;
    let change = Change::Service(Box::new(record));
    service.stack().metadata().apply(&[change]).unwrap();
    assert!(service.is_failed());
    service.start(SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("hello 2 "));
}
