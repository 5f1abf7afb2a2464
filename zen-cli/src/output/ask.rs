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
