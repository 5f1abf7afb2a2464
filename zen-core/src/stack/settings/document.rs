//! What `zen.toml` and the file of what was registered hold: the same, but for the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::definition::check_name;
use super::{ComponentDefinition, SettingsError, Source, StackDefinition};
use crate::near::{did_you_mean, nearest};
use crate::stack::ComponentType;
use crate::stack::home::lexical;

/// The program of a project: what is started for commands that need the user's code.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramCommand {
    /// The executable and its first arguments, as in `["cargo", "run", "--quiet", "--bin", "app", "--"]`; a relative path of an executable begins
    /// at the project's folder.
    pub command: Vec<String>,
    /// Where it is said.
    pub source: Source,
}

/// A file, understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Document {
    pub(super) program: Option<ProgramCommand>,
    /// The active stack.
    pub(super) stack: Option<(String, Source)>,
    pub(super) components: BTreeMap<(ComponentType, String), ComponentDefinition>,
    pub(super) stacks: BTreeMap<String, StackDefinition>,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// `zen.toml`, which people write.
    Project,
    /// What commands keep.
    Registry,
}

const KEYS: [&str; 4] = ["program", "stack", "components", "stacks"];

impl Document {
    /// Reads a file; an absent one is empty.
    pub(super) fn read(path: &Path, owner: Owner) -> Result<Self, SettingsError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path, owner),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(SettingsError::File {
                doing: "reading",
                path: path.to_owned(),
                source,
            }),
        }
    }

    pub(super) fn parse(text: &str, path: &Path, owner: Owner) -> Result<Self, SettingsError> {
        let reader = Reader { text, path, owner };
        let table = DeTable::parse(text)
            .map_err(|error| reader.wrong(error.span().map_or(0, |span| span.start), error.message()))?;
        let mut document = Self::default();
        for (key, value) in table.get_ref() {
            let at = key.span().start;
            match key.get_ref().as_ref() {
                "program" if owner == Owner::Project => document.program = Some(reader.program(value)?),
                "stack" => {
                    document.stack = Some((reader.text(value, "stack")?, reader.source(value.span().start)));
                }
                "components" => document.components = reader.components(value)?,
                "stacks" => document.stacks = reader.stacks(value)?,
                other => return Err(reader.unknown(at, "", other, &KEYS)),
            }
        }
        Ok(document)
    }
}

type Entry<'d> = Spanned<DeValue<'d>>;

struct Reader<'r> {
    text: &'r str,
    path: &'r Path,
    owner: Owner,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.text[..at.min(self.text.len())].matches('\n').count()
    }

    fn source(&self, at: usize) -> Source {
        let path = self.path.to_owned();
        match self.owner {
            Owner::Project => Source::File {
                path,
                line: self.line(at),
            },
            Owner::Registry => Source::Registered { path },
        }
    }

    fn wrong(&self, at: usize, reason: impl Into<String>) -> SettingsError {
        SettingsError::Malformed {
            path: self.path.to_owned(),
            line: self.line(at),
            reason: reason.into(),
        }
    }

    fn unknown(&self, at: usize, within: &str, key: &str, known: &[&str]) -> SettingsError {
        let near = did_you_mean(nearest(key, known.iter().copied()));
        let within = match within {
            "" => String::new(),
            within => format!(" in `{within}`"),
        };
        self.wrong(
            at,
            format!(
                "there is no key `{key}`{within}{near}; there are: {}",
                known.join(", ")
            ),
        )
    }

    fn table<'t, 'd>(&self, value: &'t Entry<'d>, what: &str) -> Result<&'t DeTable<'d>, SettingsError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.wrong(
                value.span().start,
                format!("`{what}` is a table, as in `[{what}]`"),
            )),
        }
    }

    fn text(&self, value: &Entry<'_>, what: &str) -> Result<String, SettingsError> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Ok(text.to_string()),
            _ => Err(self.wrong(
                value.span().start,
                format!("`{what}` is a text, as in `{what} = \"..\"`"),
            )),
        }
    }

    fn program(&self, value: &Entry<'_>) -> Result<ProgramCommand, SettingsError> {
        let command = match value.get_ref() {
            DeValue::Array(parts) if !parts.is_empty() => {
                let parts = parts.iter().map(|part| self.text(part, "program"));
                parts.collect::<Result<_, _>>()?
            }
            _ => vec![self.text(value, "program")?],
        };
        Ok(ProgramCommand {
            command,
            source: self.source(value.span().start),
        })
    }

    fn kind(&self, at: usize, word: &str) -> Result<ComponentType, SettingsError> {
        let kind: ComponentType = word
            .parse()
            .map_err(|error: crate::stack::UnknownComponentType| self.wrong(at, error.to_string()))?;
        // One way of writing it, so that a table isn't there twice.
        match kind.as_str() == word {
            true => Ok(kind),
            false => Err(self.wrong(at, format!("write `{kind}` instead of `{word}`"))),
        }
    }

    fn components(
        &self,
        value: &Entry<'_>,
    ) -> Result<BTreeMap<(ComponentType, String), ComponentDefinition>, SettingsError> {
        let mut components = BTreeMap::new();
        for (word, named) in self.table(value, "components")? {
            let kind = self.kind(word.span().start, word.get_ref())?;
            for (name, component) in self.table(named, &format!("components.{kind}"))? {
                let at = name.span().start;
                let name = name.get_ref().to_string();
                check_name("component", &name).map_err(|error| self.wrong(at, error.to_string()))?;
                let place = format!("components.{kind}.{name}");
                let mut values = BTreeMap::new();
                let mut flavor = None;
                for (key, value) in self.table(component, &place)? {
                    match key.get_ref().as_ref() {
                        "flavor" => flavor = Some(self.text(value, "flavor")?),
                        key => {
                            values.insert(key.to_owned(), self.value(value)?);
                        }
                    }
                }
                let flavor =
                    flavor.ok_or_else(|| self.wrong(at, format!("`{place}` has no `flavor = \"..\"`")))?;
                let definition = ComponentDefinition {
                    kind,
                    name: name.clone(),
                    flavor,
                    values,
                    source: self.source(at),
                };
                components.insert((kind, name), definition);
            }
        }
        Ok(components)
    }

    fn stacks(&self, value: &Entry<'_>) -> Result<BTreeMap<String, StackDefinition>, SettingsError> {
        let mut stacks = BTreeMap::new();
        for (name, stack) in self.table(value, "stacks")? {
            let at = name.span().start;
            let name = name.get_ref().to_string();
            check_name("stack", &name).map_err(|error| self.wrong(at, error.to_string()))?;
            let mut components = BTreeMap::new();
            for (word, component) in self.table(stack, &format!("stacks.{name}"))? {
                let kind = self.kind(word.span().start, word.get_ref())?;
                components.insert(kind, self.text(component, kind.as_str())?);
            }
            let definition = StackDefinition {
                name: name.clone(),
                components,
                source: self.source(at),
            };
            stacks.insert(name, definition);
        }
        Ok(stacks)
    }

    fn value(&self, value: &Entry<'_>) -> Result<Value, SettingsError> {
        let number = |text: &str, radix| {
            i64::from_str_radix(text, radix).map_err(|_| {
                self.wrong(
                    value.span().start,
                    format!("`{text}` is no whole number of 64 bits"),
                )
            })
        };
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(whole) => number(whole.as_str(), whole.radix())?.into(),
            DeValue::Float(float) => match float
                .as_str()
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
            {
                Some(number) => number.into(),
                None => return Err(self.wrong(value.span().start, "a number here is finite")),
            },
            DeValue::Boolean(yes) => Value::Bool(*yes),
            DeValue::Datetime(time) => Value::String(time.to_string()),
            DeValue::Array(values) => Value::Array(
                values
                    .iter()
                    .map(|value| self.value(value))
                    .collect::<Result<_, _>>()?,
            ),
            DeValue::Table(table) => {
                let entries = table
                    .iter()
                    .map(|(key, value)| Ok((key.get_ref().to_string(), self.value(value)?)));
                Value::Object(entries.collect::<Result<_, SettingsError>>()?)
            }
        })
    }
}

/// Where `zen.toml` is for a project that keeps its files in `home`: beside it, unless `ZEN_CONFIG` says otherwise.
pub(super) fn project_file(home: &Path) -> Result<PathBuf, SettingsError> {
    let Some(path) = std::env::var_os(super::CONFIG_VARIABLE).filter(|path| !path.is_empty()) else {
        return Ok(home.parent().unwrap_or(home).join("zen.toml"));
    };
    let path = lexical(Path::new(&path));
    // Whoever names a file means one that is there.
    match path.try_exists() {
        Ok(true) => Ok(path),
        Ok(false) => Err(SettingsError::Variable {
            variable: super::CONFIG_VARIABLE.to_owned(),
            reason: format!("there is no file {}", path.display()),
        }),
        Err(source) => Err(SettingsError::File {
            doing: "reading",
            path,
            source,
        }),
    }
}
