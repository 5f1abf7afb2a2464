//! Where output goes: data to the standard output, everything else to the standard error.

use std::cell::{Cell, RefCell};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};

use chrono::{DateTime, Utc};
use serde::Serialize;
use zen_core::secrets::redact;

use super::{Palette, Style, Table, time, width};
use crate::args::{Format, Global};
use crate::error::Error;

/// What a command writes to.
#[derive(Debug)]
pub(crate) struct Out {
    format: Format,
    palette: Palette,
    /// Of the standard error.
    hints: Palette,
    room: Option<usize>,
    exact: bool,
    now: DateTime<Utc>,
    to: RefCell<BufWriter<Stdout>>,
    /// Whoever read the output has left.
    closed: Cell<bool>,
}

impl Out {
    pub(crate) fn new(global: &Global) -> Self {
        let room = width::of_terminal();
        Self {
            format: global.output,
            palette: Palette::new(global.color, room.is_some()),
            hints: Palette::new(global.color, io::stderr().is_terminal()),
            room,
            exact: global.exact_times,
            now: Utc::now(),
            to: RefCell::new(BufWriter::new(io::stdout())),
            closed: Cell::new(false),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    pub(crate) fn palette(&self) -> Palette {
        self.palette
    }

    /// The columns there are; none when it is no terminal.
    pub(crate) fn room(&self) -> Option<usize> {
        self.room
    }

    /// The value for programs, or `text` for people.
    pub(crate) fn show<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> Result<String, Error>,
    ) -> Result<(), Error> {
        let text = self.written(value, text)?;
        self.write(redact(&text).as_bytes())
    }

    /// As [`show`](Self::show), for the one command that is asked to show a secret.
    pub(crate) fn reveal<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> Result<String, Error>,
    ) -> Result<(), Error> {
        let text = self.written(value, text)?;
        self.write(text.as_bytes())
    }

    fn written<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> Result<String, Error>,
    ) -> Result<String, Error> {
        match self.format {
            Format::Json => Ok(serde_json::to_string_pretty(value)? + "\n"),
            Format::Text => text(),
        }
    }

    /// One value in one line, of several.
    pub(crate) fn json_line<T: Serialize>(&self, value: &T) -> Result<(), Error> {
        self.line(&serde_json::to_string(value)?)
    }

    pub(crate) fn line(&self, text: &str) -> Result<(), Error> {
        self.write(redact(text).as_bytes())?;
        self.write(b"\n")
    }

    /// Nothing, once the reader has left: how the command ends says more than that nobody has read what it wrote.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        self.unless_closed(|to| to.write_all(bytes))
    }

    pub(crate) fn flush(&self) -> Result<(), Error> {
        self.unless_closed(Write::flush)
    }

    /// Whether the reader has left, as far as has been noticed by writing: what goes on only to be read ends then.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    fn unless_closed(
        &self,
        write: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>,
    ) -> Result<(), Error> {
        if self.closed.get() {
            return Ok(());
        }
        match write(&mut self.to.borrow_mut()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            written => written.map_err(Error::Output),
        }
    }

    pub(crate) fn table(&self, table: &Table) -> String {
        table.render(self.room, self.palette)
    }

    pub(crate) fn fields(&self, fields: &super::Fields) -> String {
        fields.render(self.room, self.palette)
    }

    pub(crate) fn paint(&self, text: &str, style: Style) -> String {
        self.palette.paint(text, style)
    }

    /// A time, exactly or from now, as it was asked for.
    pub(crate) fn time(&self, time: DateTime<Utc>) -> String {
        match self.exact {
            true => time::exact(time),
            false => time::relative(time, self.now),
        }
    }

    /// A time both ways.
    pub(crate) fn full_time(&self, time: DateTime<Utc>) -> String {
        format!("{} ({})", time::exact(time), time::relative(time, self.now))
    }

    /// Something to know that isn't data. Nothing for programs.
    pub(crate) fn hint(&self, text: &str) {
        if self.format == Format::Text {
            let _ = self.flush();
            // Nobody can be told that the standard error is closed.
            let text = width::prose(&width::clean_lines(&redact(text)), width::of_errors());
            let _ = writeln!(io::stderr(), "{}", self.hints.paint(&text, Style::Dim));
        }
    }

    /// Tells why the command fails, to people or to programs.
    pub(crate) fn fail(&self, error: &Error) {
        let (message, help) = (error.chain(), error.help());
        match self.format {
            Format::Json => say_json(error.kind(), &message, help),
            Format::Text => self.error(&message, help.as_deref()),
        }
    }

    fn error(&self, message: &str, help: Option<&str>) {
        let room = width::of_errors();
        let mut text = self.marked("", "error:", Style::Bad, message, room);
        if let Some(help) = help {
            text += &self.marked("  ", "help:", Style::Active, help, room);
        }
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

impl Out {
    /// A word and what it introduces, as wide as the standard error is.
    fn marked(&self, indent: &str, word: &str, style: Style, text: &str, room: Option<usize>) -> String {
        let text = width::clean_lines(&redact(&format!("{indent}{word} {text}")));
        let text = width::prose(&text, room);
        format!("{}\n", text.replacen(word, &self.hints.paint(word, style), 1))
    }
}

/// An error as programs read it.
#[derive(Serialize)]
struct Said<'a> {
    kind: &'a str,
    message: &'a str,
    help: Option<String>,
}

/// Tells programs why a command fails.
pub(crate) fn say_json(kind: &str, message: &str, help: Option<String>) {
    #[derive(Serialize)]
    struct Outer<'a> {
        error: Said<'a>,
    }
    let error = Said { kind, message, help };
    if let Ok(text) = serde_json::to_string(&Outer { error }) {
        // Nobody can be told that the standard error is closed.
        let _ = writeln!(io::stderr(), "{}", redact(&text));
    }
}
