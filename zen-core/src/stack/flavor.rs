//! Flavours: the implementations a program has of each type of component.

use std::any::TypeId;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{ComponentType, StackError};
use crate::graph::Component;

/// What a component of one type is to the program: the type of its value. zen prescribes it for [artifact stores](super::ArtifactStoreKind),
/// [metadata stores](super::MetadataStoreKind), [secrets stores](super::SecretsStoreKind), [model deployers](crate::deploy::ModelDeployerKind),
/// [orchestrators](crate::runner::OrchestratorKind) and [alerters](crate::alert::AlerterKind); of the other types, whoever writes a flavour says
/// what steps get.
pub trait ComponentKind: 'static {
    /// Its type.
    const TYPE: ComponentType;
    /// What steps and the framework get of it: `ctx.component::<Value>()`.
    type Value: Send + Sync + 'static;
}

/// What is known where a component is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Opening<'o> {
    /// The folder that holds everything of the project, such as `.zen`.
    pub home: &'o Path,
    /// The project's folder, where relative paths begin.
    pub project: &'o Path,
    /// The component's name.
    pub name: &'o str,
}

impl Opening<'_> {
    /// A path of a configuration: relative ones begin at the project's folder, which holds `.zen` and `zen.toml`.
    pub fn path(&self, path: &Path) -> std::path::PathBuf {
        self.project.join(path)
    }
}

/// What is opened, or why not.
pub type Opened<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// One implementation of a type of component, with its configuration. Any crate may have some: [`register_flavor!`](crate::register_flavor)
/// makes one known to every program that is linked with the crate.
///
/// The configuration is a type: its fields are the keys, the doc comments of the fields their documentation, `#[serde(default)]` gives
/// defaults; a field of type [`Secret`](crate::secrets::Secret) takes only references to secrets. It is checked when a component is registered.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use zen_core::secrets::Secret;
/// use zen_core::stack::{ComponentKind, ComponentType, Flavor, Opened, Opening, flavor};
///
/// /// What steps get.
/// pub struct Tracker {
///     url: String,
/// }
///
/// /// The configuration.
/// #[derive(Deserialize, JsonSchema)]
/// pub struct TrackerConfig {
///     /// Where the tracking server is.
///     url: String,
///     /// Who we are.
///     token: Option<Secret>,
///     /// How long to wait for it, in seconds.
///     #[serde(default = "ten")]
///     timeout: u64,
/// }
///
/// fn ten() -> u64 { 10 }
///
/// pub struct Http;
///
/// /// Of which type, and what its value is.
/// pub struct TrackerKind;
/// impl ComponentKind for TrackerKind {
///     const TYPE: ComponentType = ComponentType::ExperimentTracker;
///     type Value = Tracker;
/// }
///
/// impl Flavor for Http {
///     type Kind = TrackerKind;
///     type Config = TrackerConfig;
///     const NAME: &'static str = "http";
///     const DOC: &'static str = "A tracking server that speaks HTTP.";
///
///     fn open(config: TrackerConfig, _: &Opening<'_>) -> Opened<Tracker> {
///         Ok(Tracker { url: config.url })
///     }
/// }
/// zen_core::register_flavor!(Http);
///
/// let known = flavor(ComponentType::ExperimentTracker, "http").unwrap();
/// let timeout = known.keys().into_iter().find(|key| key.name == "timeout").unwrap();
/// assert_eq!(timeout.default, Some(10.into()));
/// ```
pub trait Flavor: 'static {
    /// What it is an implementation of.
    type Kind: ComponentKind;
    /// How it is configured.
    type Config: DeserializeOwned + JsonSchema + 'static;
    /// Its name: a word that is unique among the flavours of its type.
    const NAME: &'static str;
    /// What it is, in a sentence.
    const DOC: &'static str;
    /// Whether a stack that names no component of this type has this one, with defaults for its whole configuration. Of several, the first by name.
    const DEFAULT: bool = false;

    /// Opens a component. References to secrets have been replaced by what they refer to.
    ///
    /// # Errors
    /// When it can't be opened. The error is shown: it holds no secrets.
    fn open(config: Self::Config, opening: &Opening<'_>) -> Opened<<Self::Kind as ComponentKind>::Value>;

    /// Opens a component to look at what it keeps: creates nothing, and needs no more than reading. By default it is opened.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn look(config: Self::Config, opening: &Opening<'_>) -> Opened<<Self::Kind as ComponentKind>::Value> {
        Self::open(config, opening)
    }

    /// Where it is, for people: a URL without credentials.
    fn location(config: &Self::Config, opening: &Opening<'_>) -> String {
        let _ = (config, opening);
        Self::NAME.to_owned()
    }

    /// Whether it can be reached; asked by `zen stack check`. Changes nothing, and takes seconds at the longest. By default it is opened.
    ///
    /// # Errors
    /// Why it can't.
    fn check(config: Self::Config, opening: &Opening<'_>) -> Opened<()> {
        Self::open(config, opening).map(drop)
    }
}

/// A flavour that this program has. Made by [`register_flavor!`](crate::register_flavor), found by [`flavor`](super::flavor()).
#[derive(Clone, Copy)]
pub struct FlavorEntry {
    kind: ComponentType,
    name: &'static str,
    doc: &'static str,
    default: bool,
    value_type: fn() -> TypeId,
    schema: fn() -> Schema,
    check: fn(Value) -> Result<(), Mistake>,
    location: fn(Value, &Opening<'_>) -> Result<String, Mistake>,
    reach: fn(Value, &Opening<'_>) -> Result<(), OpenFailure>,
    open: fn(Value, &Opening<'_>) -> Result<Component, OpenFailure>,
    look: fn(Value, &Opening<'_>) -> Result<Component, OpenFailure>,
}

inventory::collect!(FlavorEntry);

/// A configuration is wrong: at this key, for this reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) key: String,
    pub(super) reason: String,
}

/// A component could not be opened.
#[derive(Debug)]
pub(super) enum OpenFailure {
    Mistake(Mistake),
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

/// One key of a flavour's configuration.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConfigKey {
    /// Its name.
    pub name: String,
    /// What it takes, in words: `text`, `whole number`, `secret`, ..
    pub takes: String,
    /// What it is for.
    pub doc: String,
    /// What it is when nothing is given; none for those that must be given, and those that have none.
    pub default: Option<Value>,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it takes references to secrets only.
    pub secret: bool,
}

impl FlavorEntry {
    /// The entry of a flavour.
    pub const fn of<F: Flavor>() -> Self {
        Self {
            kind: <F::Kind as ComponentKind>::TYPE,
            name: F::NAME,
            doc: F::DOC,
            default: F::DEFAULT,
            value_type: TypeId::of::<<F::Kind as ComponentKind>::Value>,
            schema: || {
                schemars::generate::SchemaSettings::draft2020_12()
                    .with(|settings| settings.inline_subschemas = true)
                    .into_generator()
                    .into_root_schema_for::<F::Config>()
            },
            check: |values| read::<F::Config>(values).map(drop),
            location: |values, opening| Ok(F::location(&read(values)?, opening)),
            reach: |values, opening| {
                let config = read(values).map_err(OpenFailure::Mistake)?;
                F::check(config, opening).map_err(OpenFailure::Failed)
            },
            open: |values, opening| opened::<F>(F::open, values, opening),
            look: |values, opening| opened::<F>(F::look, values, opening),
        }
    }

    /// Of which type its components are.
    pub fn kind(&self) -> ComponentType {
        self.kind
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is.
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// Whether a stack that names no component of its type has this one.
    pub fn is_default(&self) -> bool {
        self.default
    }

    /// The JSON schema of its configuration.
    pub fn schema(&self) -> Value {
        (self.schema)().to_value()
    }

    /// The keys of its configuration: those that must be given, then the others, by name.
    pub fn keys(&self) -> Vec<ConfigKey> {
        let schema = self.schema();
        let required: Vec<&str> = schema["required"]
            .as_array()
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let no_properties = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&no_properties);
        let keys = properties.iter().map(|(name, property)| ConfigKey {
            name: name.clone(),
            takes: match property["unit"].as_str() {
                Some(unit) => format!("{} ({unit})", takes(property)),
                None => takes(property),
            },
            doc: plain(property["description"].as_str().unwrap_or_default()),
            default: property.get("default").filter(|value| !value.is_null()).cloned(),
            required: required.contains(&name.as_str()),
            secret: is_secret(property),
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort_by(|a, b| (!a.required, &a.name).cmp(&(!b.required, &b.name)));
        keys
    }

    /// A component with the defaults for its whole configuration.
    pub(crate) fn open_default(&self, home: &Path) -> Result<Component, StackError> {
        let name = super::settings::DEFAULT_NAME;
        let failed = |failure| StackError::Component {
            kind: self.kind,
            name: name.to_owned(),
            flavor: self.name.to_owned(),
            source: match failure {
                OpenFailure::Failed(source) => source,
                OpenFailure::Mistake(Mistake { key, reason }) => format!("`{key}`: {reason}").into(),
            },
        };
        self.open(
            Value::Object(Map::new()),
            &Opening {
                home,
                project: home.parent().unwrap_or(home),
                name,
            },
        )
        .map_err(failed)
    }

    pub(super) fn value_type(&self) -> TypeId {
        (self.value_type)()
    }

    pub(super) fn check_values(&self, values: Value) -> Result<(), Mistake> {
        (self.check)(values)
    }

    pub(super) fn locate(&self, values: Value, opening: &Opening<'_>) -> Result<String, Mistake> {
        (self.location)(values, opening)
    }

    pub(super) fn reach(&self, values: Value, opening: &Opening<'_>) -> Result<(), OpenFailure> {
        (self.reach)(values, opening)
    }

    pub(super) fn open(&self, values: Value, opening: &Opening<'_>) -> Result<Component, OpenFailure> {
        (self.open)(values, opening)
    }

    pub(super) fn look(&self, values: Value, opening: &Opening<'_>) -> Result<Component, OpenFailure> {
        (self.look)(values, opening)
    }
}

impl fmt::Debug for FlavorEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.words(), self.name)
    }
}

/// One way of opening what a flavour makes.
type Open<F> = fn(<F as Flavor>::Config, &Opening<'_>) -> Opened<ValueOf<F>>;

type ValueOf<F> = <<F as Flavor>::Kind as ComponentKind>::Value;

/// What a flavour makes, as a component.
fn opened<F: Flavor>(open: Open<F>, values: Value, opening: &Opening<'_>) -> Result<Component, OpenFailure> {
    let config = read(values).map_err(OpenFailure::Mistake)?;
    let value = open(config, opening).map_err(OpenFailure::Failed)?;
    let kind = <F::Kind as ComponentKind>::TYPE.as_str();
    Ok(Component::new(kind, opening.name, F::NAME, Arc::new(value)))
}

fn read<C: DeserializeOwned>(values: Value) -> Result<C, Mistake> {
    serde_path_to_error::deserialize(values).map_err(|error| {
        let path = error.path().to_string();
        Mistake {
            // The whole has no path.
            key: if path == "." { String::new() } else { path },
            reason: error.into_inner().to_string(),
        }
    })
}

/// A doc comment for people: of links only the words, in one line.
fn plain(doc: &str) -> String {
    let is_target = |line: &&str| line.starts_with('[') && line.contains("]: ");
    let lines: Vec<&str> = doc
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !is_target(line))
        .collect();
    let text = lines.join(" ");
    let (mut plain, mut rest) = (String::new(), text.as_str());
    while let Some((before, after)) = rest.split_once('[') {
        plain += before;
        let Some((words, behind)) = after.split_once(']') else {
            rest = &rest[before.len()..];
            break;
        };
        let target = [('(', ')'), ('[', ']')]
            .into_iter()
            .find_map(|(open, close)| behind.strip_prefix(open)?.split_once(close));
        let is_code = words.len() > 1 && words.starts_with('`') && words.ends_with('`');
        match target {
            Some((_, behind)) => {
                plain += words;
                rest = behind;
            }
            None if is_code => {
                plain += words;
                rest = behind;
            }
            // No link: brackets that people wrote.
            None => {
                plain.push('[');
                rest = after;
            }
        }
    }
    plain + rest
}

/// Whether a key takes a secret: [`Secret`](crate::secrets::Secret), in an `Option` or not.
fn is_secret(property: &Value) -> bool {
    property["writeOnly"].as_bool() == Some(true)
        || property["anyOf"]
            .as_array()
            .is_some_and(|any| any.iter().any(is_secret))
}

/// What a key takes, in words.
fn takes(property: &Value) -> String {
    if is_secret(property) {
        return "secret".to_owned();
    }
    if let Some(words) = property["enum"]
        .as_array()
        .or_else(|| property["oneOf"].as_array())
    {
        let word = |value: &Value| {
            value
                .as_str()
                .or_else(|| value["const"].as_str())
                .map(str::to_owned)
        };
        let texts: Vec<_> = words.iter().filter_map(word).collect();
        if !texts.is_empty() {
            return texts.join(" | ");
        }
        let mut parts: Vec<_> = words.iter().map(takes).collect();
        parts.dedup();
        return parts.join(" or ");
    }
    if let Some(any) = property["anyOf"].as_array() {
        let parts: Vec<_> = any
            .iter()
            .filter(|part| part["type"] != "null")
            .map(takes)
            .collect();
        return parts.join(" or ");
    }
    let word = |name: &str| {
        match name {
            "string" => "text",
            "integer" => "whole number",
            "number" => "number",
            "boolean" => "true | false",
            "array" => "list",
            "object" => "table",
            other => other,
        }
        .to_owned()
    };
    match &property["type"] {
        Value::String(name) => word(name),
        Value::Array(names) => {
            let names = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null");
            names.map(word).collect::<Vec<_>>().join(" or ")
        }
        _ => "value".to_owned(),
    }
}

/// Makes a [`Flavor`](crate::stack::Flavor) known to every program that is linked with this crate: `register_flavor!(MyFlavor);`. A program
/// is linked with a crate only when it names it: `use that_crate as _;`.
#[macro_export]
macro_rules! register_flavor {
    ($flavor:ty) => {
        const _: () = {
            $crate::__private::inventory::submit! { $crate::stack::FlavorEntry::of::<$flavor>() }
        };
    };
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn links_are_their_words() {
        let docs = [
            ("no link\nin two lines", "no link in two lines"),
            ("above the [`limit`](Self::limit) is", "above the `limit` is"),
            (
                "takes [`A::b`] instead.\n\n[`A::b`]: x::A::b",
                "takes `A::b` instead.",
            ),
            (
                "see [here][there], [the page](https://x.y/z)",
                "see here, the page",
            ),
            ("a list [1, 2], open [", "a list [1, 2], open ["),
            ("", ""),
        ];
        for (doc, expected) in docs {
            assert_eq!(plain(doc), expected);
        }
    }
}
