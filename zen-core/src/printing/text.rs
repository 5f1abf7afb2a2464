//! Text for one line of a terminal: nothing in it moves the cursor, and it is as wide as it is said to be.

use unicode_width::UnicodeWidthChar;

/// What variation selector 16 may add to the character before it, which it makes an emoji.
const EMOJI: char = '\u{fe0f}';

/// The text without escape sequences and control characters, as one line. Of a line that was overwritten with carriage returns, as progress
/// bars do, the last state is kept. For a terminal that shows `ascii` only, other characters become question marks.
pub(crate) fn clean(text: &str, ascii: bool) -> String {
    let text = text.trim_end();
    let text = text.rsplit('\r').next().unwrap_or(text);
    let mut cleaned = String::with_capacity(text.len().min(512));
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => skip_sequence(&mut characters),
            '\t' | '\n' => cleaned.push(' '),
            _ if character.is_control() || turns(character) => {}
            _ if ascii && !character.is_ascii() => cleaned.push('?'),
            _ => cleaned.push(character),
        }
    }
    cleaned
}

/// Reads on behind an escape character to the end of the sequence.
fn skip_sequence(characters: &mut std::str::Chars<'_>) {
    match characters.next() {
        // A control sequence ends with a letter or the like.
        Some('[') => {
            characters.find(|character| ('\u{40}'..='\u{7e}').contains(character));
        }
        // A string ends with BEL or ESC \.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(character) = characters.next() {
                match character {
                    '\u{7}' => break,
                    '\u{1b}' => {
                        characters.next();
                        break;
                    }
                    _ => {}
                }
            }
        }
        Some(' '..='/') => {
            characters.next();
        }
        _ => {}
    }
}

/// Characters that change the direction of what follows them, which then would stand somewhere else.
fn turns(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

fn columns(character: char) -> usize {
    match character {
        EMOJI => 1,
        character => character.width().unwrap_or(0),
    }
}

/// How many columns the text takes at most.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The text, cut to so many columns; `mark` shows that something is missing.
pub(crate) fn cut(text: &str, room: usize, mark: char) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut left = match room.checked_sub(columns(mark)) {
        Some(left) => left,
        None => return String::new(),
    };
    let mut cut = String::new();
    for character in text.chars() {
        match left.checked_sub(columns(character)) {
            Some(rest) => left = rest,
            None => break,
        }
        cut.push(character);
    }
    cut.push(mark);
    cut
}

/// The parts as lines of at most this width, unless a part itself is longer.
pub(crate) fn flow(parts: &[String], room: usize, indent: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(part) <= room => {
                line.push(' ');
                line.push_str(part);
            }
            Some(_) => lines.push(format!("{indent}{part}")),
            None => lines.push(part.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor() {
        let text = "a\u{1b}[31mb\u{1b}[0m\u{1b}]0;title\u{7}c\u{1b}]8;;x\u{1b}\\d\u{8}\te\u{1b}(Bf\u{9b}1g\n";
        assert_eq!(clean(text, false), "abcd ef1g");
        assert_eq!(clean("10%\r20%\r30%\r\n", false), "30%");
        assert_eq!(clean("5 µs", true), "5 ?s");
        assert_eq!(clean("never ended \u{1b}]0;title", false), "never ended ");
    }

    #[test]
    fn text_is_cut_by_columns() {
        assert_eq!(cut("abcdef", 6, '…'), "abcdef");
        assert_eq!(cut("abcdef", 4, '…'), "abc…");
        assert_eq!(cut("日本語", 5, '…'), "日本…");
        assert_eq!(cut("日本語", 4, '…'), "日…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2, '…'), "e\u{301}…");
        assert_eq!(cut("abc", 0, '…'), "");
        for room in 0..12 {
            assert!(width(&cut("❤️🦀👩‍🔬 is 日本", room, '…')) <= room);
        }
    }

    #[test]
    fn parts_flow() {
        let parts = ["training:", "completed", "in 3 s"].map(str::to_owned);
        assert_eq!(flow(&parts, 80, "  "), ["training: completed in 3 s"]);
        assert_eq!(flow(&parts, 20, "  "), ["training: completed", "  in 3 s"]);
    }
}
