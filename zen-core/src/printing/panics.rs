//! Messages of panics, without secrets.

use std::borrow::Cow;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::Once;

use crate::secrets::redact;

/// Has messages of panics that hold a secret printed without it; all others are printed as before.
pub(crate) fn redact_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match without_secrets(info) {
            Some(text) => {
                super::screen::leave();
                // Not through the screen: who panics may be the one that draws.
                let _ = writeln!(io::stderr(), "{text}");
            }
            None => before(info),
        }));
    });
}

/// The panic as the standard library would tell of it, when there is something to be redacted in it.
fn without_secrets(info: &PanicHookInfo<'_>) -> Option<String> {
    let Cow::Owned(message) = redact(info.payload_as_str()?) else {
        return None;
    };
    let thread = std::thread::current();
    let place = info.location().map(|place| format!(" at {place}"));
    Some(format!(
        "\nthread '{}' panicked{}:\n{message}",
        thread.name().unwrap_or("<unnamed>"),
        place.unwrap_or_default()
    ))
}
