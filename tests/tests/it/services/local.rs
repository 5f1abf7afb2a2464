//! Starting, asking, updating and ending daemons of this machine.

use zen_core::prelude::*;
use zen_tests::services::{Greeter, ask};

use super::support::{SOON, project};

#[test]
fn a_service_lives_and_dies() {
    let project = project();
    let service = Service::local(&project.stack, "greeter", &Greeter::new("hello")).unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    assert!(!service.is_running());
    service.start(SOON).unwrap();
    assert!(service.is_running());
    assert!(ask(&service).unwrap().starts_with("hello 1 "));
    let url = service.endpoint();
    service.update(&Greeter::new("good day"), SOON).unwrap();
    assert_eq!(service.endpoint(), url);
    assert!(ask(&service).unwrap().starts_with("good day 2 "));
    service.rollback(SOON).unwrap();
    assert_eq!(service.endpoint(), url);
    assert!(ask(&service).unwrap().starts_with("hello 3 "));
    service.stop(SOON, false).unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    service.start(SOON).unwrap();
    assert_eq!(service.endpoint(), url, "a service keeps its port");
    service.delete(SOON, false).unwrap();
    assert!(Service::<()>::find(&project.stack, service.id()).is_err());
}
