//! A question before anything that can't be undone.

use std::io::{BufRead, IsTerminal, Write};

use zen_core::secrets::redact;

use super::width::clean_lines;
use crate::args::Confirm;
use crate::error::Error;

/// Goes on only when somebody says yes, here or with `--yes`.
pub(crate) fn confirm(question: &str, confirm: Confirm) -> Result<(), Error> {
    if confirm.yes {
        return Ok(());
    }
    let (input, mut output) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !output.is_terminal() {
        return Err(Error::Unasked {
            question: question.to_owned(),
        });
    }
    let shown = clean_lines(&redact(question));
    let asked = write!(output, "{shown} [y/N] ").and_then(|()| output.flush());
    asked.map_err(Error::Output)?;
    let mut answer = String::new();
    // An end of the input is no yes.
    input.lock().read_line(&mut answer).map_err(Error::Output)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Error::Declined),
    }
}

fn ask(question: &str) -> Result<(), Error> {
    let mut output = std::io::stderr();
    let asked = write!(output, "{question}").and_then(|()| output.flush());
    asked.map_err(Error::Output)
}

/// Reads a line from the terminal without showing it. Who interrupts it, or ends the input, declines.
#[cfg(unix)]
pub(crate) fn ask_secret(question: &str) -> Result<String, Error> {
    use rustix::termios::SpecialCodeIndex;

    let input = std::io::stdin();
    let hidden = Hidden::begin(&input).map_err(|error| Error::Output(error.into()))?;
    // Asked only now: nothing that answers it is shown.
    ask(question)?;
    let code = |index| hidden.before.special_codes[index];
    let declines = [SpecialCodeIndex::VINTR, SpecialCodeIndex::VQUIT].map(code);
    let mut line = Vec::new();
    let mut input = input.lock();
    while !line.ends_with(b"\n") {
        // A line, or what was typed before the input was ended.
        let typed = input.fill_buf().map_err(Error::Output)?;
        // A code of 0 is none.
        let declined = typed.iter().any(|byte| *byte != 0 && declines.contains(byte));
        if typed.is_empty() || declined {
            // What is said next begins a line.
            let _ = writeln!(std::io::stderr());
            return Err(Error::Declined);
        }
        let read = typed.len();
        line.extend_from_slice(typed);
        input.consume(read);
    }
    drop(hidden);
    let line = String::from_utf8(line).map_err(|_| Error::usage("what was typed is no UTF-8"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that doesn't show what is typed; it is as it was when this is dropped.
#[cfg(unix)]
struct Hidden<'a> {
    terminal: &'a std::io::Stdin,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl<'a> Hidden<'a> {
    fn begin(terminal: &'a std::io::Stdin) -> rustix::io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        // The keys that interrupt would end this process before it could show again what is typed. They end the line instead, and are read
        // with it.
        hidden.local_modes.remove(LocalModes::ISIG);
        hidden.special_codes[SpecialCodeIndex::VEOL] = before.special_codes[SpecialCodeIndex::VINTR];
        hidden.special_codes[SpecialCodeIndex::VEOL2] = before.special_codes[SpecialCodeIndex::VQUIT];
        tcsetattr(terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

#[cfg(unix)]
impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // Nobody could be told that it fails.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Reads a line from the terminal.
#[cfg(not(unix))]
pub(crate) fn ask_secret(question: &str) -> Result<String, Error> {
    ask(question)?;
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(Error::Output)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
