//! Changing what is registered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::definition::check_name;
use super::document::Document;
use super::registered::{changed, file_of};
use super::{
    ComponentDefinition, DEFAULT_NAME, Settings, SettingsError, Source, StackDefinition, check_component,
};
use crate::stack::ComponentType;

/// Changes of the components of a stack: another one of a type, or with none the `default` again.
pub type StackChanges = BTreeMap<ComponentType, Option<String>>;

/// Changes are kept in the project's folder. Two processes that change something at once both do; whoever is killed midway has changed nothing
/// or all. What `zen.toml` defines is changed there, by people.
impl Settings {
    /// Registers a component, after its flavour and configuration have been [checked](check_component).
    ///
    /// # Errors
    /// When something is wrong with it, or there is one of this name.
    pub fn register_component(&mut self, definition: ComponentDefinition) -> Result<(), SettingsError> {
        check_name("component", &definition.name)?;
        check_component(&definition)?;
        self.not_in_file(definition.kind, &definition.name)?;
        if definition.name == DEFAULT_NAME {
            return Err(built_in(definition.kind.words(), DEFAULT_NAME));
        }
        let source = self.registered_source();
        self.change(|_, document| {
            let key = (definition.kind, definition.name.clone());
            if let Some(there) = document.components.get(&key) {
                return Err(SettingsError::Exists {
                    what: there.kind.words(),
                    name: there.name.clone(),
                    command: there.kind.command(),
                    defined: there.source.clone(),
                });
            }
            document
                .components
                .insert(key, ComponentDefinition { source, ..definition });
            Ok(())
        })
    }

    /// Changes values of a registered component; `None` takes one away.
    ///
    /// # Errors
    /// When there is none, or something is wrong with what it becomes.
    pub fn update_component(
        &mut self,
        kind: ComponentType,
        name: &str,
        values: BTreeMap<String, Option<Value>>,
    ) -> Result<(), SettingsError> {
        self.not_in_file(kind, name)?;
        self.registered_component(kind, name)?;
        self.change(|now, document| {
            now.registered_component(kind, name)?;
            let Some(component) = document.components.get_mut(&(kind, name.to_owned())) else {
                return Err(now.no_component(kind, name));
            };
            for (key, value) in values {
                match value {
                    Some(value) => component.values.insert(key, value),
                    None => component.values.remove(&key),
                };
            }
            check_component(component)
        })
    }

    /// Deletes a registered component that no stack uses.
    ///
    /// # Errors
    /// When there is none, or a stack uses it.
    pub fn delete_component(&mut self, kind: ComponentType, name: &str) -> Result<(), SettingsError> {
        self.not_in_file(kind, name)?;
        self.registered_component(kind, name)?;
        self.change(|now, document| {
            now.registered_component(kind, name)?;
            let stacks = document.stacks.values().chain(now.project.stacks.values());
            let users: BTreeSet<_> = stacks
                .filter(|stack| stack.components.get(&kind).is_some_and(|used| used == name))
                .map(|stack| format!("stack `{}`", stack.name))
                .collect();
            if !users.is_empty() {
                return Err(SettingsError::InUse {
                    what: kind.words(),
                    name: name.to_owned(),
                    users: users.into_iter().collect::<Vec<_>>().join(", "),
                });
            }
            document.components.remove(&(kind, name.to_owned()));
            Ok(())
        })
    }

    /// Registers a stack of components that are there.
    ///
    /// # Errors
    /// When one isn't, or there is a stack of this name.
    pub fn register_stack(&mut self, definition: StackDefinition) -> Result<(), SettingsError> {
        check_name("stack", &definition.name)?;
        self.stack_not_in_file(&definition.name)?;
        if definition.name == DEFAULT_NAME {
            return Err(built_in("stack", DEFAULT_NAME));
        }
        // Before anything is made for it.
        for (kind, name) in &definition.components {
            self.component(*kind, name)?;
        }
        let source = self.registered_source();
        self.change(|now, document| {
            for (kind, name) in &definition.components {
                now.component(*kind, name)?;
            }
            if let Some(there) = document.stacks.get(&definition.name) {
                return Err(SettingsError::Exists {
                    what: "stack",
                    name: there.name.clone(),
                    command: "stack",
                    defined: there.source.clone(),
                });
            }
            let name = definition.name.clone();
            document
                .stacks
                .insert(name, StackDefinition { source, ..definition });
            Ok(())
        })
    }

    /// Changes components of a registered stack.
    ///
    /// # Errors
    /// When there is no such stack or component.
    pub fn update_stack(&mut self, name: &str, changes: &StackChanges) -> Result<(), SettingsError> {
        self.stack_not_in_file(name)?;
        self.registered_stack(name)?;
        self.change(|now, document| {
            now.registered_stack(name)?;
            for (kind, component) in changes {
                if let Some(component) = component {
                    now.component(*kind, component)?;
                }
            }
            let Some(stack) = document.stacks.get_mut(name) else {
                return Err(now.no_stack(name));
            };
            for (kind, component) in changes {
                match component {
                    Some(component) => stack.components.insert(*kind, component.clone()),
                    None => stack.components.remove(kind),
                };
            }
            Ok(())
        })
    }

    /// Registers a copy of a stack, wherever that is defined.
    ///
    /// # Errors
    /// When there is no such stack, or there is one of the new name.
    pub fn copy_stack(&mut self, name: &str, copy: &str) -> Result<(), SettingsError> {
        let stack = self.stack(name)?;
        self.register_stack(StackDefinition {
            name: copy.to_owned(),
            ..stack
        })
    }

    /// Deletes a registered stack that isn't the active one. Its components stay, and so does all that was kept in them.
    ///
    /// # Errors
    /// When there is none, or it is active.
    pub fn delete_stack(&mut self, name: &str) -> Result<(), SettingsError> {
        self.stack_not_in_file(name)?;
        self.registered_stack(name)?;
        self.change(|now, document| {
            now.registered_stack(name)?;
            if now.active().0 == name {
                return Err(SettingsError::InUse {
                    what: "stack",
                    name: name.to_owned(),
                    users: "this project, as the active stack".into(),
                });
            }
            document.stacks.remove(name);
            Ok(())
        })
    }

    /// Makes a stack the active one of this project.
    ///
    /// # Errors
    /// When there is no such stack.
    pub fn set_active(&mut self, name: &str) -> Result<(), SettingsError> {
        self.stack(name)?;
        let source = self.registered_source();
        self.change(|now, document| {
            now.stack(name)?;
            document.stack = Some((name.to_owned(), source));
            Ok(())
        })
    }

    /// Changes what is registered by now, which the change also gets as settings: what was read before may be outdated.
    fn change(
        &mut self,
        change: impl FnOnce(&Self, &mut Document) -> Result<(), SettingsError>,
    ) -> Result<(), SettingsError> {
        let mut after = None;
        let mut now = self.clone();
        changed(&self.home, |document| {
            now.registered = document.clone();
            change(&now, document)?;
            after = Some(document.clone());
            Ok(())
        })?;
        if let Some(after) = after {
            self.registered = after;
        }
        Ok(())
    }

    fn registered_source(&self) -> Source {
        Source::Registered {
            path: file_of(&self.home),
        }
    }

    fn not_in_file(&self, kind: ComponentType, name: &str) -> Result<(), SettingsError> {
        match self.project.components.get(&(kind, name.to_owned())) {
            Some(component) => Err(in_file(kind.words(), name, &component.source)),
            None => Ok(()),
        }
    }

    fn stack_not_in_file(&self, name: &str) -> Result<(), SettingsError> {
        match self.project.stacks.get(name) {
            Some(stack) => Err(in_file("stack", name, &stack.source)),
            None => Ok(()),
        }
    }

    fn registered_component(&self, kind: ComponentType, name: &str) -> Result<(), SettingsError> {
        match self.component(kind, name)?.source {
            Source::Default => Err(built_in(kind.words(), name)),
            _ => Ok(()),
        }
    }

    fn registered_stack(&self, name: &str) -> Result<(), SettingsError> {
        match self.stack(name)?.source {
            Source::Default => Err(built_in("stack", name)),
            _ => Ok(()),
        }
    }

    fn no_component(&self, kind: ComponentType, name: &str) -> SettingsError {
        SettingsError::NoComponent {
            kind,
            name: name.to_owned(),
            source_of: None,
            near: None,
            known: self
                .components(Some(kind))
                .into_iter()
                .map(|it| it.name)
                .collect::<Vec<_>>()
                .join(", "),
        }
    }

    fn no_stack(&self, name: &str) -> SettingsError {
        SettingsError::NoStack {
            name: name.to_owned(),
            source_of: None,
            near: None,
            known: self
                .stacks()
                .into_iter()
                .map(|it| it.name)
                .collect::<Vec<_>>()
                .join(", "),
        }
    }
}

fn in_file(what: &'static str, name: &str, source: &Source) -> SettingsError {
    let (path, line) = match source {
        Source::File { path, line } => (path.clone(), *line),
        _ => Default::default(),
    };
    SettingsError::InFile {
        what,
        name: name.to_owned(),
        path,
        line,
    }
}

fn built_in(what: &'static str, name: &str) -> SettingsError {
    SettingsError::BuiltIn {
        what,
        name: name.to_owned(),
    }
}
