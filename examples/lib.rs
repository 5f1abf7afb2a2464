//! The examples of zen live beside this file, one folder each: `cargo run --example hello`.
//!
//! Here is what several of them share: [`digits`], the model that is served, and [`show`].

use std::fmt::Display;
use std::io::{self, Write};

pub mod digits;

/// Prints a text. It is no error when nobody reads any more, as with `| head`.
///
/// # Errors
/// When the text can't be written for another reason.
pub fn show(text: impl Display) -> io::Result<()> {
    match write!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
