//! The lines at the bottom of the terminal that change while runs go on, and whatever is printed above them. One for the process.
//!
//! After every drawing the cursor is put back to where the drawing began, on an empty line. So what a step prints itself, which nobody can
//! intercept, lands above the lines and stays, and the next drawing begins below it; a line of several that are printed within a tenth of
//! a second may end with the rest of a line that stood there. For the same reason a terminal that changes its size needs no care, and
//! as the cursor is never hidden, a program that is killed leaves nothing to be restored.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Stream;
use crate::secrets::redact;

/// How long a drawing stands.
const TICK: Duration = Duration::from_millis(100);

/// To the first column, and nothing from there on.
const ERASE: &str = "\r\u{1b}[J";

/// What there is room for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// Lines may be this wide.
    pub(crate) columns: usize,
    /// There may be so many live lines.
    pub(crate) rows: usize,
    /// Counts the drawings.
    pub(crate) tick: usize,
    /// Nothing else is shown.
    pub(crate) alone: bool,
}

/// What is to be shown.
#[derive(Debug, Default)]
pub(crate) struct Painted {
    /// Printed once, and stays.
    pub(crate) permanent: Vec<String>,
    /// Replaced by the next drawing. No line is wider than the frame.
    pub(crate) live: Vec<String>,
}

/// Something that is shown as long as it goes on.
pub(crate) trait Picture: Send + Sync {
    /// What is new, and how it looks now. Is called with the screen locked: it prints nothing itself.
    fn paint(&self, frame: Frame) -> Painted;
}

struct Screen {
    pictures: Vec<(u64, Arc<dyn Picture>)>,
    next: u64,
    tick: usize,
    /// What stands on the terminal below the cursor.
    shown: String,
    /// Something was printed since the last drawing: for what follows, the lines are left out until the next one, so that a flood isn't
    /// mostly these lines.
    printed: bool,
    ticking: bool,
}

static SCREEN: Mutex<Screen> = Mutex::new(Screen {
    pictures: Vec::new(),
    next: 0,
    tick: 0,
    shown: String::new(),
    printed: false,
    ticking: false,
});

/// Told when a picture was taken away.
static CHANGED: Condvar = Condvar::new();

fn screen() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows a picture until it is [`finish`]ed.
pub(crate) fn show(picture: Arc<dyn Picture>) -> u64 {
    let mut screen = screen();
    let id = screen.next;
    screen.next += 1;
    screen.pictures.push((id, picture));
    if !screen.ticking {
        let ticker = std::thread::Builder::new().name("zen-progress".into());
        // Without a thread there are no live lines: all else comes with the picture's end.
        screen.ticking = ticker.spawn(tick).is_ok();
    }
    id
}

/// Prints what a picture has left, and takes it away.
pub(crate) fn finish(id: u64) {
    let mut screen = screen();
    screen.draw(Some(id));
    CHANGED.notify_all();
}

/// Prints text, which ends with a line break, above the live lines. Nobody is there to be told when the output is closed.
pub(super) fn above(stream: Stream, text: &str) {
    let mut screen = screen();
    if screen.pictures.is_empty() || !stream.is_terminal() {
        drop(screen);
        stream.write(text);
        return;
    }
    let erase = if screen.shown.is_empty() { "" } else { ERASE };
    if screen.printed {
        // Printed at once, because the program may die in the next moment; the lines come back with the next drawing.
        put(&format!("{erase}{text}"));
        screen.shown.clear();
        return;
    }
    screen.printed = true;
    put(&format!("{erase}{text}{}", screen.shown));
}

/// Leaves the terminal to whoever prints next: for the end of the program, also an unforeseen one.
pub(crate) fn leave() {
    // Who panics may be the one that draws.
    if let Ok(mut screen) = SCREEN.try_lock() {
        let erase = if screen.shown.is_empty() { "" } else { ERASE };
        screen.shown.clear();
        put(erase);
    }
}

/// Draws until there is nothing to show.
fn tick() {
    let mut screen = screen();
    loop {
        screen = CHANGED
            .wait_timeout(screen, TICK)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        if screen.pictures.is_empty() {
            screen.ticking = false;
            return;
        }
        screen.draw(None);
    }
}

impl Screen {
    /// Draws all pictures anew in one write; `last` for the last time.
    fn draw(&mut self, last: Option<u64>) {
        let (columns, rows) = size();
        self.tick = self.tick.wrapping_add(1);
        self.printed = false;
        let count = self.pictures.len().max(1);
        let frame = Frame {
            // A terminal that is asked for its very last column may or may not go to the next line.
            columns: columns.saturating_sub(1).max(1),
            // One for the empty line, one for what is printed above.
            rows: (rows.saturating_sub(2) / count).max(1),
            tick: self.tick,
            alone: self.pictures.len() == 1,
        };
        let mut text = if self.shown.is_empty() {
            String::new()
        } else {
            ERASE.to_owned()
        };
        let mut live = Vec::new();
        for (id, picture) in &self.pictures {
            let painted = picture.paint(frame);
            for line in painted.permanent {
                text.push_str(&line);
                text.push('\n');
            }
            if last != Some(*id) {
                live.extend(painted.live);
            }
        }
        self.pictures.retain(|(id, _)| last != Some(*id));
        live.truncate(rows.saturating_sub(2).max(1));
        self.shown.clear();
        if !live.is_empty() {
            for line in &live {
                self.shown.push('\n');
                self.shown.push_str(line);
            }
            // Writing to a string can't fail.
            let _ = write!(self.shown, "\r\u{1b}[{}A", live.len());
        }
        text.push_str(&self.shown);
        put(&text);
    }
}

fn put(text: &str) {
    if !text.is_empty() {
        Stream::Err.write(text);
    }
}

impl Stream {
    fn is_terminal(self) -> bool {
        match self {
            Self::Out => io::stdout().is_terminal(),
            Self::Err => io::stderr().is_terminal(),
        }
    }

    fn write(self, text: &str) {
        let text = redact(text);
        // Nobody is there to be told when the output is closed.
        let _ = match self {
            Self::Out => io::stdout().lock().write_all(text.as_bytes()),
            Self::Err => io::stderr().lock().write_all(text.as_bytes()),
        };
    }
}

/// The terminal's columns and rows now.
fn size() -> (usize, usize) {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(io::stderr())
        && size.ws_col > 0
        && size.ws_row > 0
    {
        return (usize::from(size.ws_col), usize::from(size.ws_row));
    }
    (80, 24)
}
