//! `<component type> flavor list` and `flavor describe`.

use serde::Serialize;
use serde_json::Value;
use zen_core::stack::settings::SettingsError;
use zen_core::stack::{ComponentType, FlavorEntry, flavor, flavors};

use crate::Exit;
use crate::commands::Context;
use crate::error::Error;
use crate::output::{Cell, Column, Fields, Style, Table};

/// The implementations of this type that there are
#[derive(Debug, clap::Args)]
pub(crate) struct Flavor {
    #[command(subcommand)]
    verb: FlavorVerb,
}

/// The verbs.
#[derive(Debug, clap::Subcommand)]
enum FlavorVerb {
    /// List the flavours
    List,
    /// Show the keys of a flavour's configuration
    Describe {
        /// The flavour
        flavor: String,
    },
}

/// A flavour, for programs.
#[derive(Debug, Serialize)]
struct Summary {
    name: &'static str,
    doc: &'static str,
    default: bool,
    keys: Vec<Key>,
}

#[derive(Debug, Serialize)]
struct Key {
    name: String,
    takes: String,
    doc: String,
    required: bool,
    secret: bool,
    default: Option<Value>,
}

impl Summary {
    fn of(entry: &FlavorEntry) -> Self {
        let keys = entry.keys().into_iter().map(|key| Key {
            name: key.name,
            takes: key.takes,
            doc: key.doc,
            required: key.required,
            secret: key.secret,
            default: key.default,
        });
        Self {
            name: entry.name(),
            doc: entry.doc(),
            default: entry.is_default(),
            keys: keys.collect(),
        }
    }
}

/// What `list` prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    flavors: Vec<Summary>,
    /// Null: the list is whole.
    next: Option<String>,
}

/// What `describe` prints for programs.
#[derive(Debug, Serialize)]
struct Described {
    #[serde(flatten)]
    summary: Summary,
    schema: Value,
}

impl Flavor {
    pub(super) fn execute(self, kind: ComponentType, context: &Context) -> Result<Exit, Error> {
        match self.verb {
            FlavorVerb::List => list(kind, context),
            FlavorVerb::Describe { flavor } => describe(kind, &flavor, context),
        }
    }
}

fn list(kind: ComponentType, context: &Context) -> Result<Exit, Error> {
    let output = Output {
        flavors: flavors(Some(kind)).into_iter().map(Summary::of).collect(),
        next: None,
    };
    let out = &context.out;
    out.show(&output, || {
        if output.flavors.is_empty() {
            return Ok(String::new());
        }
        let mut table = Table::new([
            Column::new("FLAVOR"),
            Column::optional("KEYS", 2),
            Column::optional("WHAT IT IS", 3),
        ]);
        for flavor in &output.flavors {
            let keys: Vec<_> = flavor.keys.iter().map(|key| key.name.as_str()).collect();
            table.push([
                Cell::styled(flavor.name, Style::Bold),
                Cell::new(keys.join(", ")),
                Cell::new(flavor.doc),
            ]);
        }
        Ok(out.table(&table))
    })?;
    if output.flavors.is_empty() {
        out.hint(&format!("this program has no flavour of {}", kind.plural()));
    }
    Ok(Exit::Success)
}

fn describe(kind: ComponentType, name: &str, context: &Context) -> Result<Exit, Error> {
    let entry = flavor(kind, name).map_err(|error| {
        let help = format!("`{} flavor list` shows what there is", kind.command());
        Error::not_found(SettingsError::from(error).to_string(), help)
    })?;
    let output = Described {
        summary: Summary::of(entry),
        schema: entry.schema(),
    };
    let out = &context.out;
    out.show(&output, || {
        let summary = &output.summary;
        let mut fields = Fields::default();
        fields
            .styled("flavor", summary.name, Style::Bold)
            .add("what it is", summary.doc);
        let mut table = Table::new([
            Column::new("KEY"),
            Column::optional("TAKES", 3),
            Column::optional("DEFAULT", 2),
            Column::optional("WHAT IT IS FOR", 4),
        ])
        .ruled();
        for key in &summary.keys {
            let default = match (&key.default, key.required) {
                (Some(value), _) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                (None, true) => "must be given".to_owned(),
                (None, false) => String::new(),
            };
            table.push([
                Cell::styled(&key.name, Style::Bold),
                Cell::new(&key.takes),
                Cell::new(default),
                Cell::new(&key.doc),
            ]);
        }
        let table = match summary.keys.is_empty() {
            true => String::new(),
            false => format!("\n{}", out.table(&table)),
        };
        Ok(out.fields(&fields) + &table)
    })?;
    Ok(Exit::Success)
}
