//! Models that are registered, and promoted when they are better.

use zen_core::model_registry::{
    Registration, RegistrationOutcome, RegistryConfig, model_registrar, register,
};
use zen_core::prelude::*;
use zen_tests::mlflow::Server;
use zen_tests::models::Line;

use super::project;

#[step]
fn line(slope: f64) -> Line {
    Line::new(slope)
}

/// The lower the better.
#[step]
fn error(line: &Line, target: f64) -> Mae {
    Mae((line.slope - target).abs())
}

#[pipeline]
fn mlflow_promoting(slope: f64, target: f64) -> Artifact<Registration> {
    let line = line(slope).logged();
    let config = RegistryConfig::named("promoted line")
        .promote("champion")
        .tag("team", "otters");
    model_registrar(line, error(line, target), config)
}

#[tokio::test]
async fn the_alias_moves_only_to_a_better_model() {
    let Some(server) = Server::start() else { return };
    let project = project(&server, "");
    let stack = project.choose().open().unwrap();
    let run = async |slope, target| {
        let run = mlflow_promoting(slope, target)
            .launch()
            .on(&stack)
            .quiet()
            .run()
            .await
            .unwrap();
        let registration = run.output().await.unwrap();
        (run, (*registration).clone())
    };
    let seen = |registration: &Registration| {
        let promotion = registration.promotion.clone().unwrap();
        let version = registration.version.clone().unwrap().version;
        (version, promotion.promoted, promotion.version.unwrap())
    };
    let own = |version: &str, promoted, champion: &str| (version.to_owned(), promoted, champion.to_owned());
    let (first_run, first) = run(2.0, 0.0).await;
    assert_eq!(first.outcome, RegistrationOutcome::Registered);
    assert_eq!(seen(&first), own("1", true, "1"));
    let version = first.version.unwrap();
    assert_eq!(
        (version.tags["mae"].as_str(), version.tags["team"].as_str()),
        ("2", "otters")
    );
    assert_eq!(version.aliases, ["champion"]);
    // In the run that made it.
    assert_eq!(version.tracked_run, first_run.tracking().unwrap().unwrap().id);
    // A worse one, an equal one, a better one, and one that can't be compared.
    assert_eq!(seen(&run(3.0, 0.0).await.1), own("2", false, "1"));
    assert_eq!(seen(&run(-2.0, 0.0).await.1), own("3", false, "1"));
    assert_eq!(seen(&run(1.0, 0.0).await.1), own("4", true, "4"));
    let (_, nan) = run(0.5, f64::NAN).await;
    assert_eq!(seen(&nan), own("5", false, "4"));
    assert!(nan.promotion.unwrap().reason.contains("NaN"));
    // The same model again is the same version.
    let (_, again) = run(1.0, 0.0).await;
    assert_eq!(
        (again.outcome, seen(&again)),
        (RegistrationOutcome::Unchanged, own("4", false, "4"))
    );
    let registry = stack.model_registry().unwrap().unwrap();
    assert_eq!(registry.versions("promoted line").unwrap().len(), 5);
    // A champion without a score is nobody's to replace.
    registry.remove_tag("promoted line", "4", "mae").unwrap();
    let (_, kept) = run(0.25, 0.0).await;
    assert_eq!(seen(&kept), own("6", false, "4"));
    assert!(kept.promotion.unwrap().reason.contains("no tag `mae`"));
}

#[test]
fn of_many_at_once_the_best_is_the_champion() {
    let Some(server) = Server::shared() else { return };
    let project = project(server, "");
    let stack = project.choose().open().unwrap();
    let name = format!("racing-{}", uuid::Uuid::now_v7());
    std::thread::scope(|scope| {
        for slope in [5, 3, 8, 1, 7, 2] {
            let (stack, name) = (&stack, &name);
            scope.spawn(move || {
                let config = RegistryConfig::named(name).promote("best");
                register(
                    stack,
                    &Line::new(f64::from(slope)),
                    &Mae(f64::from(slope)),
                    config,
                )
                .unwrap();
            });
        }
    });
    let registry = stack.model_registry().unwrap().unwrap();
    let best = registry.by_alias(&name, "best").unwrap().unwrap();
    assert_eq!(best.tags["mae"], "1");
    assert_eq!(registry.versions(&name).unwrap().len(), 6);
}

#[tokio::test]
async fn without_a_registry_nothing_is_done() {
    let stack = crate::support::memory();
    let run = mlflow_promoting(2.0, 0.0)
        .launch()
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let registration = run.output().await.unwrap();
    assert_eq!(registration.outcome, RegistrationOutcome::NoRegistry);
    assert_eq!((&registration.version, &registration.promotion), (&None, &None));
}
