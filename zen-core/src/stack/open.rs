//! Opening a stack as settings and the call say.

use std::any::TypeId;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::flavor::{Mistake, OpenFailure};
use super::home::lexical;
use super::settings::{object, parse_value, resolved};
use super::stack::make_home;
use super::{
    ArtifactStoreKind, ComponentDefinition, ComponentKind, ComponentPlan, ComponentType, MetadataStoreKind,
    Opening, SecretsStoreKind, Settings, SettingsError, Source, Stack, StackBuilder, StackChoice, StackError,
    StackPlan, find_home, flavor,
};
use crate::artifact::{ArtifactError, ArtifactStore, StoreOrigin};
use crate::graph::{Component, NotOpened};
use crate::metadata::MetadataError;
use crate::secrets::Secrets;

/// What a process was told by the one that started it: its stack may have been chosen, or put together, in code.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) home: PathBuf,
    pub(crate) origin: Option<StoreOrigin>,
    pub(crate) plan: Option<StackPlan>,
    /// Instead of those that this process would find.
    pub(crate) secrets: Option<Secrets>,
}

/// See [`StackChoice::activate`].
static ACTIVE: Mutex<Option<StackChoice>> = Mutex::new(None);

static TOLD: Mutex<Option<Told>> = Mutex::new(None);

impl StackChoice {
    /// Opens the stack. The same choice opens the same stack once a process, as long as settings and environment say the same.
    ///
    /// Components other than stores are opened when they are asked for the first time; [`Stack::ready`] opens them all.
    ///
    /// # Errors
    /// When settings are wrong, a flavour is missing in this program, a secret is missing, or a store can't be opened.
    pub fn open(&self) -> Result<Stack, StackError> {
        let folder = self.folder()?;
        let settled = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let told = told(&settled).filter(|_| self.is_only_home());
        let plan = match told.as_ref().and_then(|told| told.plan.clone()) {
            Some(plan) => plan,
            // Before anything is made.
            None => Settings::at(&folder)?.plan(self)?,
        };
        open_once(make_home(&folder)?, plan, told)
    }

    /// Opens the stack and makes it what [`Stack::active`] opens in this process from now on: for a program with a flag for it.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), zen_core::stack::StackError> {
    /// use zen_core::stack::Stack;
    ///
    /// let flag: Option<String> = std::env::args().nth(1);
    /// Stack::choose().maybe_stack(flag).activate()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open); then nothing has changed.
    pub fn activate(self) -> Result<Stack, StackError> {
        let stack = self.open()?;
        *ACTIVE.lock().unwrap_or_else(PoisonError::into_inner) = Some(self);
        Ok(stack)
    }

    /// What this process made active.
    pub(super) fn active() -> Self {
        ACTIVE
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .unwrap_or_default()
    }

    /// What [`open`](Self::open) would open, and who said so. Opens and creates nothing.
    ///
    /// # Errors
    /// When settings are wrong.
    pub fn plan(&self) -> Result<StackPlan, StackError> {
        let home = self.folder()?;
        let told = told(&home.canonicalize().unwrap_or_else(|_| home.clone()));
        match told.and_then(|told| told.plan).filter(|_| self.is_only_home()) {
            Some(plan) => Ok(plan),
            None => Ok(Settings::at(&home)?.plan(self)?),
        }
    }

    /// The secrets of the stack: those of the environment, above those of its secrets store. Opens nothing else.
    ///
    /// # Errors
    /// When settings are wrong, or the store can't be opened.
    pub fn secrets(&self) -> Result<Secrets, StackError> {
        let home = self.folder()?;
        let plan = self.plan()?;
        secrets(&Site::of(&home, &plan), &plan)
    }

    pub(super) fn folder(&self) -> Result<PathBuf, StackError> {
        match &self.home {
            Some(home) => Ok(lexical(home)),
            None => {
                let here = std::env::current_dir().map_err(|source| StackError::Home {
                    path: PathBuf::from("."),
                    source,
                })?;
                Ok(lexical(&find_home(&here)))
            }
        }
    }

    fn is_only_home(&self) -> bool {
        let home = self.home.clone();
        *self
            == Self {
                home,
                ..Self::default()
            }
    }
}

impl Stack {
    /// Which stack this process uses for a project, told by the process that started it.
    pub(crate) fn is_told(told: Told) {
        let home = told.home.canonicalize().unwrap_or_else(|_| told.home.clone());
        let plan = told.plan.map(StackPlan::adopted);
        *TOLD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Told { home, plan, ..told });
    }
}

fn told(home: &Path) -> Option<Told> {
    let told = TOLD.lock().unwrap_or_else(PoisonError::into_inner).clone();
    told.filter(|told| told.home == home)
}

/// Stacks that were opened, by their folders and plans.
type Open = HashMap<PathBuf, Vec<(StackPlan, Stack)>>;

fn open_once(home: PathBuf, plan: StackPlan, told: Option<Told>) -> Result<Stack, StackError> {
    static OPEN: OnceLock<Mutex<Open>> = OnceLock::new();
    let mut open = OPEN
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let there = open.entry(home.clone()).or_default();
    if let Some((_, stack)) = there.iter().find(|(known, _)| known.is_same(&plan)) {
        return Ok(stack.clone());
    }
    let stack = open_plan(&home, &plan, told)?;
    there.push((plan, stack.clone()));
    Ok(stack)
}

/// What stores are opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Use,
    Look,
}

/// Opens what a plan says.
fn open_plan(home: &Path, plan: &StackPlan, told: Option<Told>) -> Result<Stack, StackError> {
    let builder = parts(home, plan, told, Access::Use)?;
    let is_in_memory = |component: &ComponentPlan| component.flavor == "memory";
    match plan
        .component(ComponentType::MetadataStore)
        .is_some_and(is_in_memory)
    {
        true => builder.build(),
        false => builder.home(home).build(),
    }
}

/// Where a stack is.
#[derive(Debug, Clone)]
pub(super) struct Site {
    home: PathBuf,
    project: PathBuf,
}

impl Site {
    pub(super) fn of(home: &Path, plan: &StackPlan) -> Self {
        Self {
            home: home.to_owned(),
            project: plan.project.clone(),
        }
    }

    pub(super) fn opening<'o>(&'o self, plan: &'o ComponentPlan) -> Opening<'o> {
        Opening {
            home: &self.home,
            project: &self.project,
            name: &plan.name,
        }
    }
}

/// A builder with the parts that a plan says.
pub(super) fn parts(
    home: &Path,
    plan: &StackPlan,
    told: Option<Told>,
    access: Access,
) -> Result<StackBuilder, StackError> {
    let site = Site::of(home, plan);
    let site = &site;
    let (origin, of_told) = told.map_or((None, None), |told| (told.origin, told.secrets));
    let secrets = match of_told {
        Some(secrets) => secrets,
        None => secrets(site, plan)?,
    };
    let part = |kind| {
        plan.component(kind).ok_or(StackError::Incomplete {
            component: ComponentType::words(kind),
            reason: "switch on the cargo feature `sqlite` of zen-core, or register a flavour",
        })
    };
    let metadata_plan = part(ComponentType::MetadataStore)?;
    let metadata = value::<MetadataStoreKind>(site, metadata_plan, &secrets, access)?;
    let store_plan = part(ComponentType::ArtifactStore)?;
    let artifacts = match origin {
        Some(origin) => ArtifactStore::open_from(origin)?,
        None => (*value::<ArtifactStoreKind>(site, store_plan, &secrets, access)?).clone(),
    };
    let mut builder = Stack::builder()
        .name(&plan.name)
        .artifacts(artifacts)
        .metadata(Arc::clone(&metadata))
        .secrets(secrets.clone())
        .named(store_plan, metadata_plan)
        .plan(plan.clone());
    for component in others(site, plan, &secrets) {
        builder = builder.component(component);
    }
    Ok(builder)
}

/// The secrets that configurations refer to. Those of the environment come first, whatever the stack's store.
fn secrets(site: &Site, plan: &StackPlan) -> Result<Secrets, StackError> {
    let Some(store) = plan.component(ComponentType::SecretsStore) else {
        return Ok(Secrets::environment());
    };
    // Its own configuration can't refer to what is in it.
    let opened = value::<SecretsStoreKind>(site, store, &Secrets::environment(), Access::Use)?;
    Ok(match store.flavor.as_str() {
        "environment" => Secrets::environment(),
        _ => Secrets::new(Some(Arc::clone(&*opened))),
    })
}

fn value<K: ComponentKind>(
    site: &Site,
    plan: &ComponentPlan,
    secrets: &Secrets,
    access: Access,
) -> Result<Arc<K::Value>, StackError> {
    let component = open(site, plan, secrets, access)?;
    component.value::<K::Value>().ok_or_else(|| {
        let reason = format!("it makes no {}", plan.kind.words());
        failed(plan, reason.into())
    })
}

/// The components of a plan that this process was told, but for stores and secrets. They are opened when a step asks.
pub(crate) fn told_components(home: &Path, plan: &StackPlan, secrets: &Secrets) -> Vec<Component> {
    let plan = plan.clone().adopted();
    others(&Site::of(home, &plan), &plan, secrets).collect()
}

fn others<'p>(
    site: &'p Site,
    plan: &'p StackPlan,
    secrets: &'p Secrets,
) -> impl Iterator<Item = Component> + 'p {
    let is_other = |component: &&ComponentPlan| {
        !matches!(
            component.kind,
            ComponentType::MetadataStore | ComponentType::ArtifactStore | ComponentType::SecretsStore
        )
    };
    plan.components
        .iter()
        .filter(is_other)
        .map(|component| later(site, component, secrets))
}

/// A component that is opened when somebody asks for it.
fn later(site: &Site, plan: &ComponentPlan, secrets: &Secrets) -> Component {
    let of: Option<TypeId> = flavor(plan.kind, &plan.flavor)
        .ok()
        .map(|flavor| flavor.value_type());
    let (site, secrets, plan) = (site.clone(), secrets.clone(), plan.clone());
    let (kind, name, flavor) = (plan.kind.as_str(), plan.name.clone(), plan.flavor.clone());
    let open =
        move || open(&site, &plan, &secrets, Access::Use).map_err(|error| Arc::new(error) as NotOpened);
    Component::opened(kind, name, flavor, of, open)
}

/// Opens a component, its secrets in their places.
pub(super) fn open(
    site: &Site,
    plan: &ComponentPlan,
    secrets: &Secrets,
    access: Access,
) -> Result<Component, StackError> {
    let flavor = flavor(plan.kind, &plan.flavor).map_err(SettingsError::from)?;
    let opening = site.opening(plan);
    let values = given(plan, secrets)?;
    let opened = match access {
        Access::Use => flavor.open(values, &opening),
        Access::Look => flavor.look(values, &opening),
    };
    opened.map_err(|failure| not_opened(plan, failure))
}

/// What the flavour gets.
pub(super) fn given(plan: &ComponentPlan, secrets: &Secrets) -> Result<Value, StackError> {
    let mut values = plan.given();
    for (key, value) in &mut values {
        let said = plan.values.get(key).map(|value| &value.source);
        // The program that put the plan together may not have had the flavour, and so not known what the text means.
        if let (Value::String(text), Some(Source::Environment { .. })) = (&*value, said) {
            let definition = ComponentDefinition::new(plan.kind, &plan.name, &plan.flavor);
            *value = parse_value(&definition, key, text)?;
        }
    }
    let values = object(values);
    resolved(&values, &|text| secrets.resolve(text)).map_err(|error| failed(plan, Box::new(error)))
}

pub(super) fn not_opened(plan: &ComponentPlan, failure: OpenFailure) -> StackError {
    match failure {
        OpenFailure::Failed(source) => failed(plan, source),
        OpenFailure::Mistake(Mistake { key, reason }) => SettingsError::Value {
            of: plan.place(),
            key,
            reason,
        }
        .into(),
    }
}

fn failed(plan: &ComponentPlan, source: Box<dyn std::error::Error + Send + Sync>) -> StackError {
    // The stores' own errors name the store already.
    let source = match source.downcast::<MetadataError>() {
        Ok(error) => return StackError::Metadata(*error),
        Err(source) => source,
    };
    let source = match source.downcast::<ArtifactError>() {
        Ok(error) => return StackError::Artifacts(*error),
        Err(source) => source,
    };
    StackError::Component {
        kind: plan.kind,
        name: plan.name.clone(),
        flavor: plan.flavor.clone(),
        source,
    }
}
