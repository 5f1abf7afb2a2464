//! What is left when a service is deleted: nothing, and of the programs what others need.

use zen_core::prelude::*;
use zen_tests::services::{Greeter, ask};

use super::support::{SOON, assert_gone, is_alive, pid, project, stack_with, variant};

#[test]
fn nothing_is_left() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    service.update(&Greeter::new("good day"), SOON).unwrap();
    assert!(project.folder_of(&service).exists());
    assert_eq!(project.programs().len(), 1);
    service.delete(SOON, false).unwrap();
    assert!(!project.home().join("services").exists());
    assert_eq!(project.programs(), Vec::<String>::new());
    assert_gone(&service);
    let metadata = project.stack.metadata();
    assert_eq!(metadata.service(service.id()).unwrap(), None);
    assert_eq!(metadata.service_versions(service.id()).unwrap(), []);
    assert!(metadata.services(&Default::default()).unwrap().is_empty());
    // Who still holds it is told the truth, and deleting again is no failure.
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    service.delete(SOON, false).unwrap();
}

#[test]
fn programs_are_kept_while_somebody_needs_them() {
    let project = project();
    let other = project.started(&Greeter::new("other"));
    let shared = project.programs();
    let service = project.started(&Greeter::new("v1"));
    service.delete(SOON, true).unwrap();
    assert_eq!(project.programs(), shared, "the other service runs it");
    assert!(is_alive(pid(&other)));
    other.stop(SOON, false).unwrap();
    other.start(SOON).unwrap();

    let mut versions = Vec::new();
    for number in 1..=4 {
        let program = variant(project.folder(), &format!("program {number}"));
        let stack = stack_with(&project.home(), &program);
        let service = match versions.is_empty() {
            true => Service::local(&stack, "versions", &Greeter::new("v1")).unwrap(),
            false => Service::find(&stack, versions[0]).unwrap(),
        };
        versions.push(service.id());
        service
            .update(&Greeter::new(&format!("v{number}")), SOON)
            .unwrap();
        // From here on only the copies can be run.
        std::fs::remove_file(program).unwrap();
    }
    let service: Service = Service::find(&project.stack, versions[0]).unwrap();
    let kept = project.programs().len();
    assert!(
        (3..=4).contains(&kept),
        "{kept}: three of this service and the other's"
    );
    service.rollback(SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("v3 5 "));
    service.stop(SOON, false).unwrap();
    service.start(SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("v3 6 "));
    service.delete(SOON, false).unwrap();
    assert_eq!(project.programs(), shared);
    other.delete(SOON, false).unwrap();
    assert_eq!(project.programs(), Vec::<String>::new());
}
