//! How wide texts are, and how they are broken.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns of the terminal that the standard output is; none when it is none.
pub(crate) fn of_terminal() -> Option<usize> {
    #[cfg(unix)]
    {
        let out = std::io::stdout();
        if !rustix::termios::isatty(&out) {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(&out).ok()?;
        // A terminal that doesn't know its size says 0.
        Some(match size.ws_col {
            0 => 80,
            columns => usize::from(columns),
        })
    }
    #[cfg(not(unix))]
    {
        use std::io::IsTerminal;
        std::io::stdout().is_terminal().then_some(80)
    }
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
            if " /_-.,:;=".contains(c) {
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
}
