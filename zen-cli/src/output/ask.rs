//! A question before anything that can't be undone.

use std::io::{BufRead, IsTerminal, Write};

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
    let asked = write!(output, "{question} [y/N] ").and_then(|()| output.flush());
    asked.map_err(Error::Output)?;
    let mut answer = String::new();
    // An end of the input is no yes.
    input.lock().read_line(&mut answer).map_err(Error::Output)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Error::Declined),
    }
}

/// Reads a line from the terminal without showing it.
#[cfg(unix)]
pub(crate) fn ask_secret() -> Result<String, Error> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

    let input = std::io::stdin();
    let before = tcgetattr(&input).map_err(|error| Error::Output(error.into()))?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    hidden.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(&input, OptionalActions::Flush, &hidden).map_err(|error| Error::Output(error.into()))?;
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    // Whatever came of it, the terminal is as it was.
    let _ = tcsetattr(&input, OptionalActions::Flush, &before);
    read.map_err(Error::Output)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Reads a line from the terminal.
#[cfg(not(unix))]
pub(crate) fn ask_secret() -> Result<String, Error> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(Error::Output)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
