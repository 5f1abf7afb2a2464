//! Finding, stopping and removing model servers.

use zen_core::deploy::{DeployError, ServerFilter};
use zen_core::prelude::*;
use zen_integrations::native::Native;
use zen_tests::models::Line;

use super::project::{Project, SOON};

#[step]
fn trainer(slope: f64) -> Line {
    Line::new(slope)
}

#[pipeline]
fn first(slope: f64) -> Artifact<Service<Line>> {
    model_deployer(true, trainer(slope), DeployConfig::named("a"))
}

#[pipeline]
fn second(slope: f64) -> (Artifact<Service<Line>>, Artifact<Service<Line>>) {
    let model = trainer(slope);
    let a = model_deployer(true, model, DeployConfig::named("a")).named("deploy_a");
    let b = model_deployer(true, model, DeployConfig::named("b")).named("deploy_b");
    (a, b)
}

#[tokio::test]
async fn every_filter_works() {
    let project = Project::new();
    let one = first(1.0).on(&project.stack).quiet().run().await.unwrap();
    let two = second(2.0).on(&project.stack).quiet().run().await.unwrap();
    let x = one.output().await.unwrap();
    let (a, b) = two.output().await.unwrap();
    let deployer = Native::deployer();
    let find = |filter: ServerFilter| -> Vec<_> {
        let found = deployer.find_model_server(&project.stack, &filter).unwrap();
        found.iter().map(Service::id).collect()
    };
    let all = ServerFilter::default;
    let mut everything = find(all());
    // The two of the second run start at the same time, in either order.
    assert_eq!(everything.last(), Some(&x.id()));
    everything.sort_unstable();
    let mut expected = vec![x.id(), a.id(), b.id()];
    expected.sort_unstable();
    assert_eq!(everything, expected);
    assert_eq!(
        find(ServerFilter {
            uuid: Some(b.id()),
            ..all()
        }),
        [b.id()]
    );
    assert_eq!(
        find(ServerFilter {
            pipeline: Some("first".into()),
            ..all()
        }),
        [x.id()]
    );
    assert_eq!(
        find(ServerFilter {
            run: Some(one.id()),
            ..all()
        }),
        [x.id()]
    );
    assert_eq!(
        find(ServerFilter {
            step: Some("deploy_b".into()),
            ..all()
        }),
        [b.id()]
    );
    assert_eq!(
        find(ServerFilter {
            model_name: Some("b".into()),
            ..all()
        }),
        [b.id()]
    );
    let uri = x.record().unwrap().model_uri;
    assert_eq!(
        find(ServerFilter {
            model_uri: uri,
            ..all()
        }),
        [x.id()]
    );
    let line = Some(std::any::type_name::<Line>().to_owned());
    assert_eq!(
        find(ServerFilter {
            model_type: line,
            ..all()
        })
        .len(),
        3
    );
    assert!(
        find(ServerFilter {
            model_type: Some("Forest".into()),
            ..all()
        })
        .is_empty()
    );
    assert!(
        find(ServerFilter {
            pipeline: Some("first".into()),
            model_name: Some("b".into()),
            ..all()
        })
        .is_empty()
    );

    deployer
        .stop_model_server(&project.stack, a.id(), SOON, false)
        .unwrap();
    assert_eq!(
        find(ServerFilter {
            running: Some(false),
            ..all()
        }),
        [a.id()]
    );
    assert_eq!(
        find(ServerFilter {
            running: Some(true),
            ..all()
        })
        .len(),
        2
    );
    assert!(a.predict_one(&1.0).unwrap_err().to_string().contains("inactive"));
    deployer.start_model_server(&project.stack, a.id(), SOON).unwrap();
    assert_eq!(a.predict_one(&1.0).unwrap(), 2.0);

    deployer
        .delete_model_server(&project.stack, a.id(), SOON, false)
        .unwrap();
    assert!(!find(all()).contains(&a.id()));
    for refused in [
        deployer
            .start_model_server(&project.stack, a.id(), SOON)
            .map(|_| ()),
        deployer.stop_model_server(&project.stack, a.id(), SOON, false),
        deployer.delete_model_server(&project.stack, a.id(), SOON, false),
        deployer
            .model_server_logs(&project.stack, a.id(), false, None)
            .map(|_| ()),
    ] {
        assert!(matches!(refused, Err(DeployError::Unknown(id)) if id == a.id()));
    }
    // The stored artifact still knows everything about it.
    let stored: Service<Line> = two.step("deploy_a").unwrap().load("output").await.unwrap();
    assert!(!stored.is_running());
    stored.start(SOON).unwrap();
    assert_eq!((stored.id(), stored.predict_one(&1.0).unwrap()), (a.id(), 2.0));
    assert!(find(all()).contains(&a.id()));
    let log: Vec<_> = stored.logs(false, Some(100)).unwrap().collect();
    assert!(
        log.iter().any(|line| line.contains("native-model-server")),
        "{log:?}"
    );
}

#[test]
fn names_that_cannot_stand_in_a_url_are_refused() {
    let project = Project::new();
    for name in [
        "",
        "..",
        "../x",
        "a/b",
        "a b",
        "é",
        "nul\0",
        ".hidden",
        &"x".repeat(10_000),
    ] {
        let refused = project
            .deploy(&Line::new(1.0), DeployConfig::named(name))
            .unwrap_err();
        assert!(
            matches!(refused, DeployError::ModelName { .. }),
            "{name:?}: {refused}"
        );
    }
    assert!(!project.folder().join(".zen/services").exists());
}

#[test]
fn without_replace_there_are_two() {
    let project = Project::new();
    let config = || DeployConfig::named("line").replace(false);
    let first = project.deploy(&Line::new(1.0), config()).unwrap();
    let second = project.deploy(&Line::new(2.0), config()).unwrap();
    assert_ne!(first.id(), second.id());
    assert_eq!(
        (
            first.predict_one(&1.0).unwrap(),
            second.predict_one(&1.0).unwrap()
        ),
        (1.0, 2.0)
    );
}
