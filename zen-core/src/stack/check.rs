//! Whether the components of a stack can be reached.

use std::sync::Arc;

use serde::Serialize;

use super::open::{Access, Site, given, not_opened};
use super::{ComponentPlan, ComponentType, SettingsError, StackChoice, StackError, StackPlan, flavor};
use crate::graph::chain;
use crate::secrets::{EnvironmentSecrets, Reference, Secrets, SecretsStore, redact, references};

/// What came of checking a component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComponentCheck {
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: ComponentType,
    /// Its name.
    pub name: String,
    /// Its implementation.
    pub flavor: String,
    /// Where it is: a URL without credentials, a path, or the flavour's name.
    pub location: String,
    /// Why it can't be used; none when it can.
    pub problem: Option<String>,
}

impl ComponentCheck {
    /// Whether it can be used.
    pub fn is_ok(&self) -> bool {
        self.problem.is_none()
    }
}

impl StackChoice {
    /// Checks each component of the stack, all at once: its flavour, its configuration, its secrets, and whether it can be reached. Changes nothing;
    /// takes as long as the slowest answer.
    ///
    /// # Errors
    /// When settings are so wrong that there is nothing to check.
    pub fn check(&self) -> Result<Vec<ComponentCheck>, StackError> {
        let plan = self.plan()?;
        Ok(check(&Site::of(&self.folder()?, &plan), &plan))
    }
}

fn check(site: &Site, plan: &StackPlan) -> Vec<ComponentCheck> {
    let secrets = secrets_of(site, plan);
    std::thread::scope(|scope| {
        let secrets = &secrets;
        let checks = plan.components.iter().map(|component| {
            let check = move || check_one(site, component, secrets);
            (component, scope.spawn(check))
        });
        // All are started before any is waited for.
        let checks: Vec<_> = checks.collect();
        let ended = checks.into_iter().map(|(component, thread)| {
            thread.join().unwrap_or_else(|_| {
                of(
                    component,
                    component.flavor.clone(),
                    Some("its check panicked".into()),
                )
            })
        });
        ended.collect()
    })
}

fn secrets_of(site: &Site, plan: &StackPlan) -> Secrets {
    let store = plan.component(ComponentType::SecretsStore);
    let opened = store.and_then(|store| {
        let opened = super::open::open(site, store, &Secrets::environment(), Access::Use).ok()?;
        opened.value::<Arc<dyn SecretsStore>>()
    });
    // When it can't be opened, its own check says why.
    Secrets::new(opened.map(|store| Arc::clone(&*store)))
}

fn check_one(site: &Site, plan: &ComponentPlan, secrets: &Secrets) -> ComponentCheck {
    let flavor = match flavor(plan.kind, &plan.flavor) {
        Ok(flavor) => flavor,
        Err(error) => {
            return of(
                plan,
                plan.flavor.clone(),
                Some(SettingsError::from(error).to_string()),
            );
        }
    };
    let opening = site.opening(plan);
    let values = match given(plan, secrets) {
        Ok(values) => values,
        Err(error) => return of(plan, plan.flavor.clone(), Some(said(&error, secrets, plan))),
    };
    let location = match flavor.locate(values.clone(), &opening) {
        Ok(location) => redact(&location).into_owned(),
        Err(_) => plan.flavor.clone(),
    };
    let problem = flavor
        .reach(values, &opening)
        .map_err(|failure| chain(&not_opened(plan, failure)))
        .err();
    of(plan, location, problem.map(|text| redact(&text).into_owned()))
}

fn of(plan: &ComponentPlan, location: String, problem: Option<String>) -> ComponentCheck {
    ComponentCheck {
        kind: plan.kind,
        name: plan.name.clone(),
        flavor: plan.flavor.clone(),
        location,
        problem,
    }
}

/// All secrets that are missing, not only the first.
fn said(error: &StackError, secrets: &Secrets, plan: &ComponentPlan) -> String {
    let mut named = Vec::new();
    for value in plan.given().values() {
        collect(value, &mut named);
    }
    let is_missing = |reference: &Reference| matches!(secrets.find(reference), Ok(None));
    let missing: Vec<_> = named.into_iter().filter(is_missing).collect();
    match missing.as_slice() {
        [] | [_] => redact(&chain(error)).into_owned(),
        several => {
            let names: Vec<_> = several
                .iter()
                .map(|reference| format!("`{reference}` ({})", EnvironmentSecrets::variable(reference)))
                .collect();
            format!(
                "these secrets are missing in {}: {}; keep each with `zen secret set NAME KEY`",
                secrets.location(),
                names.join(", ")
            )
        }
    }
}

fn collect(value: &serde_json::Value, found: &mut Vec<Reference>) {
    match value {
        serde_json::Value::String(text) => found.extend(references(text).unwrap_or_default()),
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        serde_json::Value::Object(values) => values.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}
