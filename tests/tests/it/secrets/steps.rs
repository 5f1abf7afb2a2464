//! Steps and hooks ask for secrets.

use std::sync::Arc;

use zen_core::graph::{Component, Outcome};
use zen_core::prelude::*;
use zen_core::secrets::{FileSecrets, Secret, SecretError, Secrets, SecretsStore};

#[step(cache = false)]
fn length(ctx: &StepContext) -> Result<usize> {
    let secret = ctx.secret("steps.password")?;
    ctx.log(format!("it is {}", secret.reveal()));
    ctx.log_metadata("password", secret.reveal())?;
    Ok(secret.reveal().len())
}

#[pipeline]
fn measuring() -> Artifact<usize> {
    length()
}

fn component(file: FileSecrets) -> Component {
    let secrets = Secrets::new(Some(Arc::new(file)));
    Component::new("secrets_store", "default", "file", Arc::new(secrets))
}

#[tokio::test]
async fn a_step_has_the_secrets_of_its_stack() {
    let folder = tempfile::tempdir().unwrap();
    let file = FileSecrets::at(folder.path().join("secrets.toml"));
    file.set(&"steps.password".parse().unwrap(), &Secret::new("sesame-4711"))
        .unwrap();
    let stack = Stack::builder()
        .secrets(Secrets::new(Some(Arc::new(file.clone()))))
        .build()
        .unwrap();
    let run = measuring().on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 11);
    let step = run.step("length").unwrap();
    let logs: Vec<_> = step.logs(0).unwrap().into_iter().map(|log| log.message).collect();
    assert_eq!(logs, ["it is ***"]);
    assert_eq!(step.record().metadata["password"], "***");

    file.delete("steps", None).unwrap();
    let error = measuring().on(&stack).quiet().run().await.unwrap_err();
    assert!(
        error.to_string().contains("there is no secret `steps.password`"),
        "{error}"
    );
}

#[test]
fn a_unit_test_has_the_environment() {
    let context = StepContext::for_test();
    let missing = context.secret("steps.of-a-test").unwrap_err();
    assert!(
        matches!(&missing, SecretError::Missing { variable, .. } if variable == "ZEN_SECRET_STEPS__OF_A_TEST"),
        "{missing}"
    );
    let wrong = context.secret("no reference").unwrap_err();
    assert!(matches!(wrong, SecretError::Reference(_)), "{wrong}");

    let folder = tempfile::tempdir().unwrap();
    let file = FileSecrets::at(folder.path().join("secrets.toml"));
    file.set(&"hooks.token".parse().unwrap(), &Secret::new("for-a-hook-9"))
        .unwrap();
    let event = HookEvent::for_test(Outcome::Success).with_component(component(file));
    assert_eq!(event.secret("hooks.token").unwrap().reveal(), "for-a-hook-9");
}
