//! What is wrong with an expression, shown under the expression.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::ScheduleError;

/// Something wrong, and where.
#[derive(Debug)]
pub(super) struct Fault {
    at: Range<usize>,
    reason: String,
    help: Option<String>,
}

impl Fault {
    pub(super) fn new(at: Range<usize>, reason: String) -> Self {
        Self {
            at,
            reason,
            help: None,
        }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    pub(super) fn of(self, expression: &str) -> ScheduleError {
        ScheduleError::Expression {
            expression: expression.to_owned(),
            at: self.at,
            reason: self.reason,
            help: self.help,
        }
    }
}

/// The reason, the expression on one line with carets under the fault, and the help.
pub(in super::super) fn text(
    reason: &str,
    expression: &str,
    at: &Range<usize>,
    help: Option<&str>,
) -> String {
    let mut text = reason.to_owned();
    if let (Some(before), Some(fault)) = (expression.get(..at.start), expression.get(at.clone()))
        && !expression.trim().is_empty()
    {
        let line = shown(expression);
        let indent = " ".repeat(shown(before).width());
        let carets = "^".repeat(shown(fault).width().max(1));
        text.push_str(&format!("\n  {}\n  {indent}{carets}", line.trim_end()));
    }
    if let Some(help) = help {
        text.push_str(&format!("\n{help}"));
    }
    text
}

/// On one line, whatever is in it: white space is a space, what can't be seen is `\u{fffd}`.
pub(super) fn shown(text: &str) -> String {
    let character = |character: char| match character {
        '\t' | '\r' | '\n' => ' ',
        other if other.width().is_none_or(|width| width == 0) => '\u{fffd}',
        other => other,
    };
    text.chars().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_wide_and_unseen_characters() {
        let fault = text("wrong", "日本\t語 \u{7}* x", &(7..10), None);
        assert_eq!(fault, "wrong\n  日本 語 \u{fffd}* x\n       ^^");
    }

    #[test]
    fn places_outside_the_expression_are_left_out() {
        assert_eq!(text("wrong", "日本", &(1..2), Some("help")), "wrong\nhelp");
        assert_eq!(text("wrong", "abc", &(2..9), None), "wrong");
    }
}
