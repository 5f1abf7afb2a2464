//! Where output goes: data to the standard output, everything else to the standard error.

use std::cell::RefCell;
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

    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        self.to.borrow_mut().write_all(bytes).map_err(failed)
    }

    pub(crate) fn flush(&self) -> Result<(), Error> {
        self.to.borrow_mut().flush().map_err(failed)
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
            let _ = writeln!(io::stderr(), "{}", self.hints.paint(&redact(text), Style::Dim));
        }
    }

    pub(crate) fn error(&self, message: &str, help: Option<&str>) {
        let error = self.hints.paint("error:", Style::Bad);
        let mut text = format!("{error} {message}\n");
        if let Some(help) = help {
            text += &format!("  {} {help}\n", self.hints.paint("help:", Style::Active));
        }
        let _ = io::stderr().write_all(redact(&text).as_bytes());
    }
}

fn failed(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::BrokenPipe => Error::Closed,
        _ => Error::Output(error),
    }
}
