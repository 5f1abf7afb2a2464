//! Colours, where they are wanted.

use zen_core::metadata::{ScheduleState, ServiceState, SlotState, Status};

use crate::args::ColorChoice;

/// What a text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Style {
    #[default]
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Attention,
    Active,
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette(bool);

impl Palette {
    pub(crate) fn new(choice: ColorChoice, terminal: bool) -> Self {
        let unwanted = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !unwanted() && !dumb(),
        })
    }

    pub(crate) fn paint(self, text: &str, style: Style) -> String {
        let code = match style {
            Style::Plain => return text.to_owned(),
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Attention => "33",
            Style::Active => "36",
        };
        match self.0 && !text.is_empty() {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

pub(crate) fn of_status(status: Status) -> Style {
    match status {
        Status::Completed => Style::Good,
        Status::Cached => Style::Dim,
        Status::Failed => Style::Bad,
        Status::Running => Style::Active,
        Status::Retrying | Status::Cancelled => Style::Attention,
        _ => Style::Plain,
    }
}

/// One character for a status.
pub(crate) fn mark(status: Status) -> &'static str {
    match status {
        Status::Completed => "✓",
        Status::Cached => "=",
        Status::Failed => "✗",
        Status::Running => "▶",
        Status::Retrying => "↻",
        Status::Skipped => "-",
        Status::Cancelled => "■",
        _ => "·",
    }
}

pub(crate) fn of_schedule(state: ScheduleState) -> Style {
    match state {
        ScheduleState::Active => Style::Good,
        ScheduleState::Paused => Style::Attention,
        _ => Style::Dim,
    }
}

pub(crate) fn of_slot(state: SlotState) -> Style {
    match state {
        SlotState::Completed => Style::Good,
        SlotState::Failed => Style::Bad,
        SlotState::Claimed => Style::Active,
        SlotState::Missed | SlotState::Cancelled => Style::Attention,
        _ => Style::Plain,
    }
}

pub(crate) fn of_service(state: ServiceState) -> Style {
    match state {
        ServiceState::Active => Style::Good,
        ServiceState::Error => Style::Bad,
        ServiceState::PendingStartup | ServiceState::PendingShutdown => Style::Active,
        _ => Style::Plain,
    }
}
