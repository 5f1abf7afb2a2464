//! Keeping secrets out of what is written and printed.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{Secret, forms};

/// Shorter values aren't redacted: they would be found in every other text.
pub(super) const SHORTEST: usize = 4;

/// What stands in place of a secret. Shorter than any of them, so that every replacement makes a text shorter.
const HIDDEN: &str = "***";

/// Whether there is anything to be redacted: most programs have no secret, and lose no time.
static ANY: AtomicBool = AtomicBool::new(false);

/// All texts that are to be redacted in this process. They stay for as long as it lives: what was handed out may be written at any time.
static KNOWN: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());

fn known() -> RwLockReadGuard<'static, Vec<SecretString>> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner)
}

/// Has this value redacted in all that zen writes and prints in this process from now on. [`Secrets`](super::Secrets) does it with all
/// that it hands out; this is for secrets that come from elsewhere.
///
/// Values of less than 4 bytes are left as they are.
///
/// ```
/// use zen_core::secrets::{Secret, conceal, redact};
///
/// conceal(&Secret::new("hunter2!"));
/// assert_eq!(redact("signed in with hunter2!"), "signed in with ***");
/// ```
pub fn conceal(secret: &Secret) {
    let value = secret.reveal();
    let is_known = |known: &[SecretString], text: &str| known.iter().any(|it| it.expose_secret() == text);
    if value.len() < SHORTEST || is_known(&known(), value) {
        return;
    }
    let forms = forms::of(value);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for form in forms {
        if !is_known(&known, form.expose_secret()) {
            known.push(form);
        }
    }
    ANY.store(true, Ordering::Release);
}

/// The text with `***` in place of every secret that was handed out in this process: as it is, as JSON or `{:?}` write it, and
/// percent-encoded; of a secret of several lines also each line of 8 bytes or more.
///
/// All that zen writes and prints goes through here; a program does the same with what it writes itself.
pub fn redact(text: &str) -> Cow<'_, str> {
    if !ANY.load(Ordering::Acquire) {
        return Cow::Borrowed(text);
    }
    let known = known();
    let mut redacted = Cow::Borrowed(text);
    // What is left may come to stand together as a secret again. It gets shorter with every turn, and so there is a last one.
    while let Some(shorter) = without(&redacted, &known) {
        redacted = Cow::Owned(shorter);
    }
    redacted
}

/// [`redact`] of a text that was cut: its end may be the beginning of a secret.
pub(crate) fn redact_start(text: &str) -> Cow<'_, str> {
    let redacted = redact(text);
    if !ANY.load(Ordering::Acquire) {
        return redacted;
    }
    let known = known();
    let halves = known.iter().filter_map(|secret| {
        let secret = secret.expose_secret();
        let lengths = (SHORTEST..secret.len()).rev();
        let mut starts = lengths.filter_map(|length| secret.get(..length));
        starts.find(|start| redacted.ends_with(start)).map(str::len)
    });
    match halves.max() {
        Some(half) => Cow::Owned(format!("{}{HIDDEN}", &redacted[..redacted.len() - half])),
        None => redacted,
    }
}

/// [`redact`]s in place.
pub(crate) fn redact_string(text: &mut String) {
    if let Cow::Owned(redacted) = redact(text) {
        *text = redacted;
    }
}

/// Redacts all texts in a value, the names of fields among them. A number that shows a secret becomes a text.
pub(crate) fn redact_json(value: &mut Value) {
    if !ANY.load(Ordering::Acquire) {
        return;
    }
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => {
            if let Cow::Owned(redacted) = redact(&number.to_string()) {
                *value = Value::String(redacted);
            }
        }
        Value::String(text) => redact_string(text),
        Value::Array(values) => values.iter_mut().for_each(redact_json),
        Value::Object(fields) => {
            let redacted = std::mem::take(fields).into_iter().map(|(mut name, mut value)| {
                redact_string(&mut name);
                redact_json(&mut value);
                (name, value)
            });
            *fields = redacted.collect::<Map<_, _>>();
        }
    }
}

/// Whether anything is redacted in this process.
pub(crate) fn is_redacting() -> bool {
    ANY.load(Ordering::Acquire)
}

/// Which bytes there are in a text: most texts lack some of most secrets, and need not be searched for them.
struct Bytes([bool; 256]);

impl Bytes {
    fn of(text: &str) -> Self {
        let mut bytes = [false; 256];
        text.bytes().for_each(|byte| bytes[usize::from(byte)] = true);
        Self(bytes)
    }

    fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    fn may_hold(&self, secret: &str) -> bool {
        self.has(b'%') || self.has(b'+') || secret.bytes().all(|byte| self.has(byte))
    }
}

/// The text without what is found in it; none when nothing is.
fn without(text: &str, known: &[SecretString]) -> Option<String> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let bytes = Bytes::of(text);
    for secret in known.iter().map(ExposeSecret::expose_secret) {
        if bytes.may_hold(secret) {
            forms::occurrences(text, secret, &mut found);
        }
    }
    if found.is_empty() {
        return None;
    }
    found.sort_by_key(|range| (range.start, range.end));
    let mut redacted = String::with_capacity(text.len());
    let mut end = 0;
    for range in found {
        // Of two that overlap, both are within what is left out.
        if range.start >= end {
            redacted.push_str(&text[end..range.start]);
            redacted.push_str(HIDDEN);
        }
        end = end.max(range.end);
    }
    redacted.push_str(&text[end..]);
    Some(redacted)
}
