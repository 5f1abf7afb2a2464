//! Where a project is, and how it is opened: to be looked at, or to be changed.

use std::cell::OnceCell;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use zen_core::client::Client;
use zen_core::metadata::MetadataError;
use zen_core::stack::settings::parse_value;
use zen_core::stack::{
    ComponentDefinition, ComponentType, HOME_VARIABLE, Settings, Stack, StackChoice, StackError, find_home,
};

use crate::args::{Global, StackValue};
use crate::error::Error;

/// How the names begin of what a new `.zen` may hold before anything has run: also what a killed command leaves.
const EMPTY: [&str; 4] = [".gitignore", "stacks.", ".stacks-", "secrets.toml"];

/// Who names a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// `--home`.
    ByCommand,
    /// `ZEN_HOME`.
    ByEnvironment,
}

/// A project, opened when it is first asked.
#[derive(Debug)]
pub(crate) struct Project {
    home: PathBuf,
    /// Whether the command or the environment names the home.
    named: Option<Named>,
    stack: Option<String>,
    values: Vec<StackValue>,
    looked_at: OnceCell<Client>,
}

impl Project {
    pub(crate) fn new(global: &Global) -> Self {
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let home = match &global.home {
            Some(home) => here.join(home),
            None => find_home(&here),
        };
        let variable = std::env::var_os(HOME_VARIABLE).is_some_and(|home| !home.is_empty());
        let named = match (&global.home, variable) {
            (Some(_), _) => Some(Named::ByCommand),
            (None, true) => Some(Named::ByEnvironment),
            (None, false) => None,
        };
        Self {
            home,
            named,
            stack: global.stack.clone(),
            values: global.stack_values.clone(),
            looked_at: OnceCell::new(),
        }
    }

    /// The folder that holds everything.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Who names that folder; nobody when it was looked for.
    pub(crate) fn named(&self) -> Option<Named> {
        self.named
    }

    /// The project's own folder.
    pub(crate) fn folder(&self) -> &Path {
        self.home.parent().unwrap_or(&self.home)
    }

    /// What its files say.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        Ok(Settings::at(&self.home)?)
    }

    /// The stack that was named for this command.
    pub(crate) fn stack(&self) -> Option<&str> {
        self.stack.as_deref()
    }

    /// The stack that this command works with.
    pub(crate) fn choice(&self) -> Result<StackChoice, Error> {
        self.choice_of(None)
    }

    /// The stack of this name, else the one that this command works with.
    pub(crate) fn choice_of(&self, name: Option<&String>) -> Result<StackChoice, Error> {
        let mut choice = StackChoice::default()
            .home(&self.home)
            .maybe_stack(self.stack.as_ref())
            .maybe_stack(name);
        if !self.values.is_empty() {
            let plan = choice.plan()?;
            for StackValue { kind, key, value } in &self.values {
                let component = plan.component(*kind);
                let component =
                    component.ok_or_else(|| Error::usage(format!("the stack has no {}", kind.words())))?;
                let definition = ComponentDefinition::new(*kind, &component.name, &component.flavor);
                choice = choice.set(*kind, key, parse_value(&definition, key, value)?);
            }
        }
        Ok(choice)
    }

    /// To look at it: writes nothing, but for what has to be noticed, which is that a process died.
    pub(crate) fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.looked_at.get() {
            return Ok(client);
        }
        let client = Client::of(self.look()?);
        Ok(self.looked_at.get_or_init(|| client))
    }

    fn look(&self) -> Result<Stack, Error> {
        let choice = self.choice()?;
        if self.check(&choice)? {
            return Ok(Stack::in_memory()?);
        }
        let stack = match choice.look() {
            // Brought up to date by opening it.
            Err(StackError::Metadata(older @ MetadataError::Older { .. })) => {
                return choice.open().map_err(|_| older.into());
            }
            other => other?,
        };
        if stack.has_dead_runs()? {
            // Where that can't be written, they are shown as they are.
            return Ok(choice.open().unwrap_or(stack));
        }
        Ok(stack)
    }

    /// To change it.
    pub(crate) fn open(&self) -> Result<Client, Error> {
        let choice = self.choice()?;
        self.check(&choice)?;
        Ok(Client::of(choice.open()?))
    }

    /// Whether nothing has ever been kept there; an error when there is no project, or its heart is missing.
    fn check(&self, choice: &StackChoice) -> Result<bool, Error> {
        let home = self.home.display();
        let entries = match std::fs::read_dir(&self.home) {
            Ok(entries) => entries,
            // Somebody has described it, and nothing has been run in this copy of it.
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    && self.settings()?.project_file().exists() =>
            {
                return Ok(true);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::not_found(
                    format!("there is no project here: {home} doesn't exist"),
                    format!(
                        "run one of its programs, make a project with `{} init`, or say where it is with --home or ZEN_HOME",
                        crate::run::program()
                    ),
                ));
            }
            Err(source) => {
                return Err(Error::Stack(StackError::Home {
                    path: self.home.clone(),
                    source,
                }));
            }
        };
        // Kept elsewhere, it isn't missed here.
        let plan = choice.plan()?;
        let metadata = plan.component(ComponentType::MetadataStore);
        let is_here =
            metadata.is_none_or(|store| store.flavor == "sqlite" && !store.values.contains_key("path"));
        let database = self.home.join("metadata.db");
        let is_empty = database.metadata().is_ok_and(|file| file.len() == 0)
            && !self.home.join("metadata.db-wal").exists();
        if !is_here || (database.exists() && !is_empty) {
            return Ok(false);
        }
        let is_new = |entry: &DirEntry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let known = EMPTY.iter().any(|known| name.starts_with(known));
            // A database that was just begun stands beside its locks, and before all else.
            known || (is_empty && name.starts_with("metadata.db"))
        };
        match entries.flatten().all(|entry| is_new(&entry)) || self.has_other_metadata()? {
            true => Ok(true),
            false => Err(Error::Store {
                message: match is_empty {
                    true => format!("{home}/metadata.db is empty: what was recorded of the project is gone"),
                    false => format!("{home} has no metadata.db: what was recorded of the project is gone"),
                },
                help: "put it back from a backup, or remove the folder to begin anew".into(),
            }),
        }
    }

    /// Whether runs may have been recorded elsewhere than in the project's folder: with another stack than this one.
    fn has_other_metadata(&self) -> Result<bool, Error> {
        let stores = self.settings()?.components(Some(ComponentType::MetadataStore));
        Ok(stores
            .iter()
            .any(|store| store.flavor != "sqlite" || store.values.contains_key("path")))
    }
}

/// Waits for what is asynchronous.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    Ok(runtime.block_on(work))
}
