//! The settings of a project, as its files say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{Document, Owner, project_file};
use super::registered::file_of;
use super::{
    ComponentDefinition, DEFAULT_NAME, ProgramCommand, STACK_VARIABLE, SettingsError, Source, StackDefinition,
};
use crate::near::nearest;
use crate::stack::home::lexical;
use crate::stack::registry::default_flavor;
use crate::stack::{ComponentType, find_home};

/// The settings of a project, as its files say at the moment they are read. Creates nothing.
///
/// ```no_run
/// use zen_core::stack::{ComponentType, Settings};
///
/// # fn main() -> Result<(), zen_core::stack::SettingsError> {
/// let settings = Settings::find()?;
/// let (name, source) = settings.active();
/// println!("{name}, named by: {source}");
/// for store in settings.components(Some(ComponentType::ArtifactStore)) {
///     println!("{} ({})", store.name, store.flavor);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) home: PathBuf,
    pub(super) project: Document,
    pub(super) registered: Document,
    pub(super) project_file: PathBuf,
}

impl Settings {
    /// Those of the project around the working directory.
    ///
    /// # Errors
    /// When a file can't be read or understood.
    pub fn find() -> Result<Self, SettingsError> {
        let here = std::env::current_dir().map_err(|source| SettingsError::File {
            doing: "finding the working directory",
            path: PathBuf::from("."),
            source,
        })?;
        Self::at(&find_home(&here))
    }

    /// Those of the project that keeps its files in `home`, a folder such as `.zen`, which need not exist.
    ///
    /// # Errors
    /// When a file can't be read or understood.
    pub fn at(home: &Path) -> Result<Self, SettingsError> {
        let home = lexical(home);
        let project_file = project_file(&home)?;
        Ok(Self {
            project: Document::read(&project_file, Owner::Project)?,
            registered: Document::read(&file_of(&home), Owner::Registry)?,
            home,
            project_file,
        })
    }

    /// The folder that holds everything of the project.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Where the project's `zen.toml` is, or would be.
    pub fn project_file(&self) -> &Path {
        &self.project_file
    }

    /// The project's program, when `zen.toml` names one.
    pub fn program(&self) -> Option<&ProgramCommand> {
        self.project.program.as_ref()
    }

    /// The name of the active stack, and who named it. There may be no such stack.
    pub fn active(&self) -> (String, Source) {
        let variable = std::env::var(STACK_VARIABLE).ok().filter(|name| !name.is_empty());
        if let Some(name) = variable {
            let variable = STACK_VARIABLE.to_owned();
            return (name, Source::Environment { variable });
        }
        let files = self
            .registered
            .stack
            .clone()
            .or_else(|| self.project.stack.clone());
        files.unwrap_or_else(|| (DEFAULT_NAME.to_owned(), Source::Default))
    }

    /// The stacks there are, by name; `default` is always among them.
    pub fn stacks(&self) -> Vec<StackDefinition> {
        let mut stacks = BTreeMap::from([(
            DEFAULT_NAME.to_owned(),
            StackDefinition {
                source: Source::Default,
                ..StackDefinition::new(DEFAULT_NAME)
            },
        )]);
        // What people wrote down counts when both have it.
        stacks.extend(self.registered.stacks.clone());
        stacks.extend(self.project.stacks.clone());
        stacks.into_values().collect()
    }

    /// One stack.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn stack(&self, name: &str) -> Result<StackDefinition, SettingsError> {
        self.stack_named_by(name, None)
    }

    pub(super) fn stack_named_by(
        &self,
        name: &str,
        source_of: Option<Source>,
    ) -> Result<StackDefinition, SettingsError> {
        let stacks = self.stacks();
        if let Some(stack) = stacks.iter().find(|stack| stack.name == name) {
            return Ok(stack.clone());
        }
        let names: Vec<_> = stacks.iter().map(|stack| stack.name.as_str()).collect();
        Err(SettingsError::NoStack {
            name: name.chars().take(100).collect(),
            source_of: source_of.map(Box::new),
            near: nearest(name, names.iter().copied()).map(str::to_owned),
            known: names.join(", "),
        })
    }

    /// The components there are, of this type or of all. Of every type that has a default flavour there is one called `default`.
    pub fn components(&self, kind: Option<ComponentType>) -> Vec<ComponentDefinition> {
        let mut components = BTreeMap::new();
        for kind in ComponentType::ALL {
            if let Some(flavor) = default_flavor(kind) {
                let built_in = ComponentDefinition {
                    source: Source::Default,
                    ..ComponentDefinition::new(kind, DEFAULT_NAME, flavor.name())
                };
                components.insert((kind, DEFAULT_NAME.to_owned()), built_in);
            }
        }
        components.extend(self.registered.components.clone());
        components.extend(self.project.components.clone());
        let wanted = |component: &ComponentDefinition| kind.is_none_or(|kind| component.kind == kind);
        components.into_values().filter(wanted).collect()
    }

    /// One component.
    ///
    /// # Errors
    /// When there is none of this type and name.
    pub fn component(&self, kind: ComponentType, name: &str) -> Result<ComponentDefinition, SettingsError> {
        self.component_named_by(kind, name, None)
    }

    pub(super) fn component_named_by(
        &self,
        kind: ComponentType,
        name: &str,
        source_of: Option<Source>,
    ) -> Result<ComponentDefinition, SettingsError> {
        let components = self.components(Some(kind));
        if let Some(component) = components.iter().find(|component| component.name == name) {
            return Ok(component.clone());
        }
        let names: Vec<_> = components
            .iter()
            .map(|component| component.name.as_str())
            .collect();
        Err(SettingsError::NoComponent {
            kind,
            name: name.chars().take(100).collect(),
            source_of: source_of.map(Box::new),
            near: nearest(name, names.iter().copied()).map(str::to_owned),
            known: match names.is_empty() {
                true => "none".to_owned(),
                false => names.join(", "),
            },
        })
    }
}
