//! How wide texts are, and how they are broken.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns of the terminal that the standard output is; none when it is none.
pub(crate) fn of_terminal() -> Option<usize> {
    columns(std::io::stdout())
}

/// As [`of_terminal`], of the standard error.
pub(crate) fn of_errors() -> Option<usize> {
    columns(std::io::stderr())
}

#[cfg(unix)]
fn columns(stream: impl std::os::fd::AsFd) -> Option<usize> {
    if !rustix::termios::isatty(&stream) {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stream).ok()?;
    // A terminal that doesn't know its size says 0.
    Some(match size.ws_col {
        0 => 80,
        columns => usize::from(columns),
    })
}

#[cfg(not(unix))]
fn columns(stream: impl std::io::IsTerminal) -> Option<usize> {
    stream.is_terminal().then_some(80)
}

pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// What must not reach a terminal from what is recorded: control characters.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// As [`clean`], but lines stay lines.
pub(crate) fn clean_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(clean).collect();
    lines.join("\n")
}

/// Cut to so many columns, with an ellipsis.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > most {
            break;
        }
        used += wide;
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// Broken into lines of at most so many columns: after spaces and punctuation where that is possible.
pub(crate) fn wrap(text: &str, most: usize) -> Vec<String> {
    wrap_after(text, most, " /_-.,:;=")
}

/// What people read, in the columns there are: broken between words where that is possible. The further lines of a line stand below its beginning.
pub(crate) fn prose(text: &str, room: Option<usize>) -> String {
    let Some(room) = room else {
        return text.to_owned();
    };
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let words = line.trim_start_matches(' ');
        // Deep indentation would leave no room for words.
        let indent = (line.len() - words.len()).min(room / 2);
        let parts = wrap_after(words, room.saturating_sub(indent), " ");
        lines.extend(parts.iter().map(|part| format!("{}{part}", " ".repeat(indent))));
    }
    lines.join("\n")
}

fn wrap_after(text: &str, most: usize, seams: &str) -> Vec<String> {
    let most = most.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        // Where the line can be broken, and how wide it is until there.
        let mut seam: Option<usize> = None;
        for c in paragraph.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > most {
                let rest = match seam.take() {
                    Some(at) if at > 0 && at < line.len() => line.split_off(at),
                    _ => String::new(),
                };
                lines.push(line.trim_end().to_owned());
                line = rest;
                used = width(&line);
                if line.is_empty() && c == ' ' {
                    continue;
                }
            }
            line.push(c);
            used += wide;
            if seams.contains(c) {
                seam = Some(line.len());
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_too_wide_and_nothing_is_lost() {
        let texts = [
            "",
            "one two three four",
            "continuous_deployment_pipeline",
            "019aa5c3-1b2f-7c11-8000-000000000001",
            "模型部署模型部署模型",
            "a verylongwordthatcannotbebroken anywhere",
        ];
        for text in texts {
            for most in 2..40 {
                let lines = wrap(text, most);
                assert!(
                    lines.iter().all(|line| width(line) <= most),
                    "{text} {most}: {lines:?}"
                );
                let squeeze = |text: &str| text.replace(' ', "");
                assert_eq!(squeeze(&lines.concat()), squeeze(text), "{most}");
                assert!(width(&cut(text, most)) <= most);
            }
        }
    }

    #[test]
    fn prose_is_broken_between_words() {
        let text = "error: reading /a/path failed\n  help: say --yes to do it";
        assert_eq!(
            prose(text, Some(16)),
            "error: reading\n/a/path failed\n  help: say\n  --yes to do it"
        );
        assert_eq!(prose(text, None), text);
    }

    #[test]
    fn lines_are_cleaned_one_by_one() {
        assert_eq!(clean_lines("a\x1b[2J\nb\tc"), "a\u{fffd}[2J\nb c");
    }
}
