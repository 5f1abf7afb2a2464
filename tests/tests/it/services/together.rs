//! Several who change one service at the same time.

use std::process::Stdio;
use std::time::Duration;

use zen_core::prelude::*;
use zen_tests::services::{Greeter, Trouble, Troublemaker, ask};

use super::support::{Guard, SOON, assert_gone, eventually, is_alive, kill, newest, pid, processes, project};

#[test]
fn two_threads_start_one_process() {
    let project = project();
    let service = project.service(&Greeter::new("hello"));
    for round in 1..=3 {
        std::thread::scope(|scope| {
            let starts = [0; 4].map(|_| scope.spawn(|| service.start(SOON)));
            for start in starts {
                start.join().unwrap().unwrap();
            }
        });
        assert_eq!(processes(service.id()), [pid(&service)]);
        assert!(ask(&service).unwrap().starts_with(&format!("hello {round} ")));
        service.stop(SOON, false).unwrap();
    }
}

#[test]
fn two_programs_start_one_process() {
    let project = project();
    let service = project.service(&Greeter::new("hello"));
    let id = service.id().to_string();
    let starts: Vec<Guard> = (0..4)
        .map(|_| {
            let mut servant = project.servant("again", &[&id]);
            Guard(servant.stderr(Stdio::inherit()).spawn().unwrap())
        })
        .collect();
    for mut start in starts {
        assert!(start.0.wait().unwrap().success());
    }
    assert_eq!(processes(service.id()), [pid(&service)]);
    assert!(ask(&service).unwrap().starts_with("hello 1 "));
}

#[test]
fn updates_and_stops_come_one_after_the_other() {
    let project = project();
    let service = project.started(&Greeter::new("v"));
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let service = &service;
            scope.spawn(move || {
                for round in 0..3 {
                    match thread {
                        0 => service.stop(SOON, round == 1).unwrap(),
                        1 => service.start(SOON).unwrap(),
                        _ => service.update(&Greeter::new("w"), SOON).unwrap(),
                    }
                    // Whoever looks meanwhile sees no failure, and spoils nothing.
                    let status = service.status().unwrap();
                    assert_ne!(status.state, ServiceState::Error, "{status:?}");
                }
            });
        }
    });
    service.update(&Greeter::new("x"), SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("x "));
    eventually("one process is left", || {
        processes(service.id()) == [pid(&service)]
    });
    let versions = service.versions().unwrap();
    let open: Vec<u32> = versions
        .iter()
        .filter(|version| version.ended.is_none())
        .map(|version| version.number)
        .collect();
    assert_eq!(open, [service.record().unwrap().version]);
    service.stop(SOON, false).unwrap();
    assert_gone(&service);
}

#[test]
fn who_dies_while_updating_is_not_waited_for() {
    let project = project();
    let service = project.started(&Greeter::new("old"));
    let old = pid(&service);
    let mut hanging = Guard(
        project
            .servant("hang", &[&service.id().to_string()])
            .spawn()
            .unwrap(),
    );
    let process = || newest(&service).filter(|version| version.number == 2)?.process;
    eventually("the new version is there", || process().is_some());
    let new = process().unwrap().pid;
    assert!(ask(&service).unwrap().ends_with(&old.to_string()));
    kill(hanging.0.id());
    hanging.0.wait().unwrap();
    eventually("the child that nobody wants ends by itself", || !is_alive(new));
    assert!(service.is_running());
    assert!(ask(&service).unwrap().starts_with("old 1 "));
    service.update(&Greeter::new("next"), SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("next 3 "));
    let abandoned = &service.versions().unwrap()[1];
    assert_eq!(abandoned.state, ServiceState::Error);
    assert!(abandoned.ended.is_some());
}

#[test]
fn a_service_can_be_stopped_after_the_one_who_updated_it_died() {
    let project = project();
    let service = project.started(&Greeter::new("old"));
    let hanging = Guard(
        project
            .servant("hang", &[&service.id().to_string()])
            .spawn()
            .unwrap(),
    );
    eventually("the new version is there", || processes(service.id()).len() == 2);
    drop(hanging);
    service.stop(SOON, false).unwrap();
    eventually("both have ended", || processes(service.id()).is_empty());
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
}

#[test]
fn one_update_waits_for_the_other_to_fail() {
    let project = project();
    let service = project.started(&Greeter::new("old"));
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| {
            service
                .update(&Troublemaker(Trouble::Hang), Duration::from_secs(2))
                .unwrap_err()
        });
        eventually("it is under way", || newest(&service).unwrap().number == 2);
        service.update(&Greeter::new("new"), SOON).unwrap();
        hanging.join().unwrap();
    });
    assert!(ask(&service).unwrap().starts_with("new 3 "));
    assert!(service.is_running());
}

#[test]
fn many_services_of_one_project_come_and_go() {
    let project = project();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let project = &project;
            scope.spawn(move || {
                for round in 0..5 {
                    let words = format!("{thread}/{round}");
                    let service = project.started(&Greeter::new(&words));
                    assert!(ask(&service).unwrap().starts_with(&words));
                    service.delete(SOON, round % 2 == 0).unwrap();
                    assert_gone(&service);
                }
            });
        }
    });
    assert!(project.programs().is_empty());
    assert!(!project.home().join("services").exists());
}
