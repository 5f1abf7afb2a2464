//! The settings of a step: what stands in `#[step(..)]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Lit, LitStr, Path, Token, Type};

use super::args::Arguments;
use super::isolation::Isolation;
use crate::attribute::{self, Entry, Form};
use crate::duration::Millis;
use crate::errors::Errors;
use crate::hook::Hooks;
use crate::item::Core;

const KEYS: &[&str] = &[
    "name",
    "version",
    "cache",
    "retry",
    "timeout",
    "isolation",
    "on_success",
    "on_failure",
    "depends",
    "strict",
    "ignore",
    "outputs",
    "fallible",
    "crate",
];
const CACHE_KEYS: &[&str] = &["expires", "files"];
const RETRY_KEYS: &[&str] = &["max", "delay", "backoff", "jitter"];

/// The settings of a step.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) name: Option<LitStr>,
    pub(super) outputs: Vec<OutputName>,
    pub(super) fallible: bool,
    pub(super) krate: Option<Path>,
    version: Option<String>,
    cache: Option<bool>,
    expires: Option<Millis>,
    files: Vec<LitStr>,
    retry: Option<Retry>,
    timeout: Option<Millis>,
    isolation: Option<Isolation>,
    hooks: Hooks,
    depends: Vec<Type>,
    strict: bool,
    ignore: Vec<Ident>,
}

#[derive(Default)]
struct Retry {
    max: Option<u32>,
    delay: Option<Millis>,
    backoff: Option<f64>,
    jitter: Option<bool>,
}

/// `name` or `name = Codec`.
pub(super) struct OutputName {
    pub(super) name: Ident,
    pub(super) codec: Option<Type>,
}

impl Parse for OutputName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        let codec = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { name, codec })
    }
}

impl Attributes {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut this = Self::default();
        for entry in attribute::entries(tokens, errors) {
            let result = this.set(&entry, errors);
            errors.check(result);
        }
        this
    }

    fn set(&mut self, entry: &Entry, errors: &mut Errors) -> syn::Result<()> {
        match entry.key.to_string().as_str() {
            "name" => self.name = Some(entry.text("trainer")?),
            "version" => self.version = Some(version(entry)?),
            "cache" => self.set_cache(entry, errors)?,
            "retry" => self.retry = Some(retry(entry, errors)?),
            "timeout" => self.timeout = Some(Millis::of(entry, false)?),
            "isolation" => self.isolation = Some(Isolation::parse(entry, errors)?),
            "on_success" | "on_failure" => self.hooks.set(entry)?,
            "depends" => self.depends = attribute::list(entry.list("path::to::helper")?)?,
            "strict" => {
                entry.flag()?;
                self.strict = true;
            }
            "ignore" => self.ignore = attribute::list(entry.list("argument")?)?,
            "outputs" => self.outputs = attribute::list(entry.list("first, second = Codec")?)?,
            "fallible" => {
                entry.flag()?;
                self.fallible = true;
            }
            "crate" => self.krate = Some(entry.path()?),
            _ => return Err(attribute::unknown_key(&entry.key, "`#[step]`", KEYS)),
        }
        Ok(())
    }

    fn set_cache(&mut self, entry: &Entry, errors: &mut Errors) -> syn::Result<()> {
        let Form::List(tokens) = &entry.form else {
            self.cache = Some(entry.boolean().map_err(|_| {
                entry.unexpected("`true` or `false`, or settings: `cache = false`, `cache(expires = \"1d\", files(\"data.csv\"))`")
            })?);
            return Ok(());
        };
        for entry in attribute::entries(tokens.clone(), errors) {
            match entry.key.to_string().as_str() {
                "expires" => self.expires = errors.check(Millis::of(&entry, false)),
                "files" => {
                    let files = entry.list("\"data/rows.csv\"").and_then(attribute::list);
                    self.files = errors.check(files).unwrap_or_default();
                }
                _ => errors.push(attribute::unknown_key(&entry.key, "`cache(..)`", CACHE_KEYS)),
            }
        }
        Ok(())
    }

    /// Reports names that name nothing.
    pub(super) fn check_names(&self, arguments: &Arguments, errors: &mut Errors) {
        for ignored in &self.ignore {
            if !arguments.inputs().any(|input| input.name == *ignored) {
                let known = arguments
                    .inputs()
                    .map(|input| format!("`{}`", input.name))
                    .collect::<Vec<_>>()
                    .join(", ");
                let known = if known.is_empty() {
                    "it has none".to_owned()
                } else {
                    format!("they are {known}")
                };
                errors.at(ignored, format!("`{ignored}` is no input of this step; {known}"));
            }
        }
        for (i, output) in self.outputs.iter().enumerate() {
            if self.outputs[..i].iter().any(|other| other.name == output.name) {
                errors.at(&output.name, format!("two outputs are named `{}`", output.name));
            }
        }
    }

    /// The calls that put the settings on a `StepDefinition`.
    pub(super) fn settings(&self, core: &Core) -> TokenStream {
        let Core { root, .. } = core;
        let mut calls = TokenStream::new();
        if let Some(version) = &self.version {
            calls.extend(quote!(.version(#version)));
        }
        if let Some(cache) = self.cache {
            calls.extend(quote!(.cache(#cache)));
        }
        if let Some(expires) = self.expires.map(Millis::expression) {
            calls.extend(quote!(.cache_expires(#expires)));
        }
        if !self.files.is_empty() {
            let files = &self.files;
            calls.extend(quote!(.cache_files(&[#(#files),*])));
        }
        if !self.ignore.is_empty() {
            let names = self.ignore.iter().map(|name| name.to_string());
            calls.extend(quote!(.ignore(&[#(#names),*])));
        }
        if self.strict {
            calls.extend(quote!(.strict()));
        }
        if let Some(timeout) = self.timeout.map(Millis::expression) {
            calls.extend(quote!(.timeout(#timeout)));
        }
        if let Some(retry) = &self.retry {
            let retry = retry.expression(core);
            calls.extend(quote!(.retry(#retry)));
        }
        if let Some(isolation) = &self.isolation {
            calls.extend(isolation.settings(core));
        }
        calls.extend(self.hooks.calls());
        for path in &self.depends {
            // `to_string` puts spaces between tokens as it likes.
            let name: String = path.to_token_stream().to_string().split_whitespace().collect();
            calls.extend(quote!(.depends(#name, <#path as #root::Tracked>::CODE)));
        }
        calls
    }
}

impl Retry {
    fn expression(&self, core: &Core) -> TokenStream {
        let Core { graph, .. } = core;
        let max = self.max.map(|max| quote!(max: #max,));
        let delay = self
            .delay
            .map(Millis::expression)
            .map(|delay| quote!(delay: #delay,));
        let backoff = self.backoff.map(|backoff| quote!(backoff: #backoff,));
        let jitter = self.jitter.map(|jitter| quote!(jitter: #jitter,));
        quote!(#graph::Retry { #max #delay #backoff #jitter ..<#graph::Retry as ::core::default::Default>::default() })
    }
}

fn version(entry: &Entry) -> syn::Result<String> {
    match entry.literal() {
        Some(Lit::Int(number)) if number.suffix().is_empty() => Ok(number.base10_digits().to_owned()),
        Some(Lit::Str(text)) if !text.value().trim().is_empty() => Ok(text.value()),
        _ => Err(entry.unexpected("a whole number or text: `version = 2`, `version = \"2024-06\"`")),
    }
}

fn retry(entry: &Entry, errors: &mut Errors) -> syn::Result<Retry> {
    let mut retry = Retry::default();
    let Form::List(tokens) = &entry.form else {
        retry.max = Some(entry.whole(1).map_err(|_| {
            entry.unexpected("the number of retries, from 1, or settings: `retry = 3`, `retry(max = 3, delay = \"1s\", backoff = 2.0)`")
        })?);
        return Ok(retry);
    };
    for entry in attribute::entries(tokens.clone(), errors) {
        match entry.key.to_string().as_str() {
            "max" => retry.max = errors.check(entry.whole(1)),
            "delay" => retry.delay = errors.check(Millis::of(&entry, true)),
            "backoff" => retry.backoff = errors.check(entry.factor()),
            "jitter" => retry.jitter = errors.check(entry.boolean()),
            _ => errors.push(attribute::unknown_key(&entry.key, "`retry(..)`", RETRY_KEYS)),
        }
    }
    if retry.max.is_none() && errors.is_empty() {
        errors.at(
            &entry.key,
            "how often to try again has to be said: `retry(max = 3, ..)`",
        );
    }
    Ok(retry)
}

/// Where an error about `outputs(..)` as a whole points.
pub(super) fn span_of(outputs: &[OutputName]) -> Span {
    outputs
        .first()
        .map_or_else(Span::call_site, |output| output.name.span())
}
