//! Starting, asking, updating and ending daemons of this machine.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use zen_core::prelude::*;
use zen_core::testing::StopServices;
use zen_tests::services::Greeter;

const SOON: Duration = Duration::from_secs(60);

/// A stack in a folder of its own whose services run the tests' program.
struct Project {
    stack: Stack,
    _stop: StopServices,
    _folder: tempfile::TempDir,
}

fn project() -> Project {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .program(env!("CARGO_BIN_EXE_servant"))
        .build()
        .unwrap();
    Project {
        _stop: StopServices::of(&stack),
        stack,
        _folder: folder,
    }
}

fn ask(service: &Service) -> String {
    let endpoint = service.endpoint().unwrap();
    let mut text = String::new();
    let mut stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).unwrap();
    stream.read_to_string(&mut text).unwrap();
    text.trim().to_owned()
}

#[test]
fn a_service_lives_and_dies() {
    let project = project();
    let service = Service::local(&project.stack, "greeter", &Greeter::new("hello")).unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    assert!(!service.is_running());
    service.start(SOON).unwrap();
    assert!(service.is_running());
    assert!(ask(&service).starts_with("hello 1 "));
    let url = service.endpoint();
    service.update(&Greeter::new("good day"), SOON).unwrap();
    assert_eq!(service.endpoint(), url);
    assert!(ask(&service).starts_with("good day 2 "));
    service.rollback(SOON).unwrap();
    assert_eq!(service.endpoint(), url);
    assert!(ask(&service).starts_with("hello 3 "));
    service.stop(SOON, false).unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    service.start(SOON).unwrap();
    assert_eq!(service.endpoint(), url, "a service keeps its port");
    service.delete(SOON, false).unwrap();
    assert!(Service::<()>::find(&project.stack, service.id()).is_err());
}
