//! A service as an artifact: returned by a step, loaded by others.

use zen_core::prelude::*;
use zen_tests::services::{ask, greeting, visiting};

use super::support::{SOON, eventually, kill, pid, printed, processes, project};

#[tokio::test]
async fn returned_by_a_step_and_loaded_by_later_runs() {
    let project = project();
    let run = greeting("hello".into())
        .on(&project.stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let service: Service = run
        .step("greeter_deployer")
        .unwrap()
        .load("output")
        .await
        .unwrap();
    assert!(service.is_running());
    assert_eq!(ask(&service).unwrap(), format!("hello 1 {}", pid(&service)));
    let visit = visiting().on(&project.stack).quiet().run().await.unwrap();
    assert_eq!(*visit.output().await.unwrap(), ask(&service).unwrap());

    // Loading looks at the world, not at what was stored.
    kill(pid(&service));
    let artifact = Client::of(project.stack.clone())
        .artifact("greeter", None)
        .unwrap();
    let loaded: Service = artifact.load().await.unwrap();
    assert!(loaded.is_failed());
    loaded.stop(SOON, false).unwrap();
    let loaded: Service = artifact.load().await.unwrap();
    assert_eq!(loaded.status().unwrap().state, ServiceState::Inactive);
    loaded.start(SOON).unwrap();
    assert!(service.is_running());
}

#[tokio::test]
async fn another_program_loads_it_too() {
    let project = project();
    let id = printed(project.servant("deploy", &["from afar"]));
    let run = Client::of(project.stack.clone()).last_run("greeting").unwrap();
    let service: Service = run
        .step("greeter_deployer")
        .unwrap()
        .load("output")
        .await
        .unwrap();
    assert_eq!(service.id().to_string(), id);
    assert!(service.is_running());
    let words = format!("from afar 1 {}", pid(&service));
    assert_eq!(ask(&service).unwrap(), words);
    assert_eq!(printed(project.servant("visit", &[])), words);
}

#[tokio::test]
async fn one_that_was_deleted_can_be_brought_back() {
    let project = project();
    let run = greeting("again".into())
        .on(&project.stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let service = run.output().await.unwrap();
    service.delete(SOON, false).unwrap();
    assert!(project.programs().is_empty());
    let step = run.step("greeter_deployer").unwrap();
    let stored: Service = step.load("output").await.unwrap();
    assert_eq!(stored.status().unwrap().state, ServiceState::Inactive);
    assert!(!stored.is_running() && !stored.is_failed());
    stored.start(SOON).unwrap();
    assert!(stored.is_running());
    assert_eq!(stored.id(), service.id());
    assert_eq!(ask(&stored).unwrap(), format!("again 1 {}", pid(&stored)));
    assert!(service.is_running(), "who held it sees it too");
    assert_eq!(project.programs().len(), 1, "its program is kept again");
    stored.delete(SOON, false).unwrap();
    eventually("it is gone", || processes(stored.id()).is_empty());
}
