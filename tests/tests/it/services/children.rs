//! What a service starts ends with it.

use zen_core::prelude::*;
use zen_tests::services::{Greeter, Trouble, Troublemaker, ask};

use super::support::{SOON, eventually, is_alive, kill, pid, project};

const PARENT: Troublemaker = Troublemaker(Trouble::Parent);

fn child(service: &Service) -> u32 {
    let child = ask(service).unwrap().parse().unwrap();
    assert!(is_alive(child));
    child
}

#[test]
fn a_child_ends_with_its_service_however_that_ends() {
    let project = project();
    let service = project.started(&PARENT);
    for force in [false, true] {
        service.start(SOON).unwrap();
        let child = child(&service);
        service.stop(SOON, force).unwrap();
        eventually("the child ends", || !is_alive(child));
    }
    for again in [false, true] {
        service.start(SOON).unwrap();
        let child = child(&service);
        kill(pid(&service));
        assert!(is_alive(child), "nobody was there to end it");
        match again {
            true => service.start(SOON).unwrap(),
            false => service.stop(SOON, false).unwrap(),
        }
        eventually("the orphan ends", || !is_alive(child));
    }
}

#[test]
fn a_child_ends_with_the_version_that_was_replaced() {
    let project = project();
    let service = project.started(&PARENT);
    let (parent, child) = (pid(&service), child(&service));
    service.update(&Greeter::new("hello"), SOON).unwrap();
    eventually("both end", || !is_alive(parent) && !is_alive(child));
    assert!(service.is_running());
}
