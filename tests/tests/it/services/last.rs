//! The service that a step made last.

use uuid::Uuid;
use zen_core::metadata::{Change, ServiceRecord};
use zen_core::prelude::*;
use zen_core::service::ServiceError;
use zen_tests::services::{Greeter, greeter_deployer, greeting};

use super::support::{Project, SOON, kill, pid, project};

fn last(project: &Project, running: bool) -> Option<Uuid> {
    let by_name = Service::<()>::last_from_step(&project.stack, "greeting", "greeter_deployer", running);
    let definition = greeter_deployer::definition();
    let by_definition = Service::<()>::last_from_step(&project.stack, "greeting", &definition, running);
    let id = |found: Result<Option<Service>, ServiceError>| found.unwrap().map(|service| service.id());
    let found = id(by_name);
    assert_eq!(found, id(by_definition));
    found
}

async fn greeted(project: &Project, words: &str) -> Service {
    let run = greeting(words.into())
        .on(&project.stack)
        .quiet()
        .run()
        .await
        .unwrap();
    run.step("greeter_deployer")
        .unwrap()
        .load("output")
        .await
        .unwrap()
}

#[tokio::test]
async fn of_several_runs_the_newest_that_is_as_wanted() {
    let project = project();
    assert_eq!((last(&project, false), last(&project, true)), (None, None));
    let first = greeted(&project, "one").await;
    let second = greeted(&project, "two").await;
    assert_eq!(last(&project, true), Some(second.id()));
    kill(pid(&second));
    assert_eq!(last(&project, true), Some(first.id()));
    assert_eq!(last(&project, false), Some(second.id()));
    first.stop(SOON, false).unwrap();
    assert_eq!(last(&project, true), None);
    second.delete(SOON, false).unwrap();
    assert_eq!(
        last(&project, false),
        Some(second.id()),
        "what is stored can be started again"
    );
    second.start(SOON).unwrap();
    assert_eq!(last(&project, true), Some(second.id()));
    for (pipeline, step) in [("greeting", "another"), ("another", "greeter_deployer"), ("", "")] {
        let found = Service::<()>::last_from_step(&project.stack, pipeline, step, false);
        assert!(found.unwrap().is_none());
    }
}

#[tokio::test]
async fn those_that_the_step_deployed_come_first() {
    let project = project();
    let returned = greeted(&project, "returned").await;
    let (older, newer) = (Uuid::now_v7(), Uuid::now_v7());
    let deployed = |run: Uuid| {
        let service = project.service(&Greeter::new("deployed"));
        let record = ServiceRecord {
            pipeline: Some("greeting".into()),
            step: Some("greeter_deployer".into()),
            run: Some(run),
            model_type: Some("alloc::vec::Vec<f64>".into()),
            ..service.record().unwrap()
        };
        let change = Change::Service(Box::new(record));
        project.stack.metadata().apply(&[change]).unwrap();
        service
    };
    // Made first, and deployed to last.
    let updated = deployed(newer);
    let other = deployed(older);
    assert_eq!(last(&project, false), Some(updated.id()));
    assert_eq!(last(&project, true), Some(returned.id()));
    other.start(SOON).unwrap();
    assert_eq!(last(&project, true), Some(other.id()));
    updated.start(SOON).unwrap();
    assert_eq!(last(&project, true), Some(updated.id()));

    let typed = Service::<Vec<f64>>::last_from_step(&project.stack, "greeting", "greeter_deployer", true);
    assert_eq!(typed.unwrap().unwrap().id(), updated.id());
    let wrong = Service::<Vec<f32>>::last_from_step(&project.stack, "greeting", "greeter_deployer", true);
    assert!(matches!(wrong, Err(ServiceError::WrongModel { .. })), "{wrong:?}");
}
