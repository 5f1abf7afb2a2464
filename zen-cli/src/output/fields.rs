//! What is known of one thing: names and values, one below the other.

use super::width::{clean, width, wrap};
use super::{Palette, Style};

/// Names and values.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String, Style)>);

impl Fields {
    pub(crate) fn add(&mut self, name: impl Into<String>, value: impl AsRef<str>) -> &mut Self {
        self.styled(name, value, Style::Plain)
    }

    pub(crate) fn styled(
        &mut self,
        name: impl Into<String>,
        value: impl AsRef<str>,
        style: Style,
    ) -> &mut Self {
        let lines: Vec<_> = value.as_ref().lines().map(clean).collect();
        self.0.push((name.into(), lines.join("\n"), style));
        self
    }

    /// Only when there is a value.
    pub(crate) fn maybe(&mut self, name: impl Into<String>, value: Option<impl AsRef<str>>) -> &mut Self {
        if let Some(value) = value {
            self.add(name, value);
        }
        self
    }

    pub(crate) fn render(&self, room: Option<usize>, palette: Palette) -> String {
        let names = self.0.iter().map(|(name, ..)| width(name)).max().unwrap_or(0);
        // On a narrow terminal values stand below their names.
        let indent = match room {
            Some(room) if room < names + 24 => 2,
            _ => names + 2,
        };
        let room = room.map_or(usize::MAX, |room| room.saturating_sub(indent).max(8));
        let mut text = String::new();
        for (name, value, style) in &self.0 {
            let painted = palette.paint(name, Style::Dim);
            let mut lines = wrap(value, room).into_iter();
            if indent > names {
                let first = lines.next().unwrap_or_default();
                let padding = " ".repeat(indent - width(name));
                let line = format!("{painted}{padding}{}", palette.paint(&first, *style));
                text += line.trim_end();
            } else {
                text += &painted;
            }
            text.push('\n');
            for line in lines {
                text += &format!("{}{}\n", " ".repeat(indent), palette.paint(&line, *style));
            }
        }
        text
    }
}
