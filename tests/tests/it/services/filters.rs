//! Finding services by what is recorded of them.

use uuid::Uuid;
use zen_core::artifact::Digest;
use zen_core::metadata::{Change, ServiceFilter, ServiceRecord};
use zen_core::prelude::*;
use zen_tests::services::{Greeter, Waiter};

use super::support::{SOON, project};

#[test]
fn by_each_property() {
    let project = project();
    let stack = &project.stack;
    let greeter = Service::local(stack, "greeter", &Greeter::new("hello")).unwrap();
    let waiter = Service::local(stack, "waiter", &Waiter).unwrap();
    let run = Uuid::now_v7();
    let record = ServiceRecord {
        pipeline: Some("p".into()),
        run: Some(run),
        step: Some("s".into()),
        model_name: Some("m".into()),
        model_uri: Some("u".into()),
        model_type: Some("t".into()),
        model_digest: Some(Digest::of(b"m")),
        flavor: Some("f".into()),
        ..waiter.record().unwrap()
    };
    stack
        .metadata()
        .apply(&[Change::Service(Box::new(record))])
        .unwrap();
    waiter.start(SOON).unwrap();

    let client = Client::of(stack.clone());
    let found = |filter: ServiceFilter| -> Vec<Uuid> {
        let services = client.services(&filter).unwrap();
        services.iter().map(Service::id).collect()
    };
    let all = ServiceFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let only_waiter = [
        ServiceFilter {
            pipeline: text("p"),
            ..all()
        },
        ServiceFilter {
            run: Some(run),
            ..all()
        },
        ServiceFilter {
            step: text("s"),
            ..all()
        },
        ServiceFilter {
            name: text("waiter"),
            ..all()
        },
        ServiceFilter {
            model_name: text("m"),
            ..all()
        },
        ServiceFilter {
            model_uri: text("u"),
            ..all()
        },
        ServiceFilter {
            model_type: text("t"),
            ..all()
        },
        ServiceFilter {
            kind: text("waiter"),
            ..all()
        },
        ServiceFilter {
            flavor: text("f"),
            ..all()
        },
        ServiceFilter {
            desired: Some(ServiceState::Active),
            ..all()
        },
        ServiceFilter {
            limit: Some(1),
            ..all()
        },
        ServiceFilter {
            pipeline: text("p"),
            step: text("s"),
            kind: text("waiter"),
            ..all()
        },
    ];
    for filter in only_waiter {
        assert_eq!(found(filter.clone()), [waiter.id()], "{filter:?}");
    }
    let only_greeter = [
        ServiceFilter {
            name: text("greeter"),
            ..all()
        },
        ServiceFilter {
            kind: text("greeter"),
            ..all()
        },
        ServiceFilter {
            desired: Some(ServiceState::Inactive),
            ..all()
        },
        ServiceFilter {
            before: Some(waiter.id()),
            ..all()
        },
    ];
    for filter in only_greeter {
        assert_eq!(found(filter.clone()), [greeter.id()], "{filter:?}");
    }
    assert_eq!(found(all()), [waiter.id(), greeter.id()], "newest first");
    for filter in [
        ServiceFilter {
            pipeline: text("P"),
            ..all()
        },
        ServiceFilter {
            run: Some(Uuid::nil()),
            ..all()
        },
        ServiceFilter {
            name: text("greeter"),
            kind: text("waiter"),
            ..all()
        },
        ServiceFilter {
            limit: Some(0),
            ..all()
        },
    ] {
        assert!(found(filter.clone()).is_empty(), "{filter:?}");
    }
}
