//! What is known of one thing: names and values, one below the other.

use super::width::{clean, clean_lines, width, wrap};
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
        self.0
            .push((clean(&name.into()), clean_lines(value.as_ref()), style));
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
        let whole = room.unwrap_or(usize::MAX);
        let room = room.map_or(usize::MAX, |room| room.saturating_sub(indent).max(8));
        let mut text = String::new();
        for (name, value, style) in &self.0 {
            let mut lines = wrap(value, room).into_iter();
            if indent > names {
                let first = lines.next().unwrap_or_default();
                let padding = " ".repeat(indent - width(name));
                let painted = palette.paint(name, Style::Dim);
                let line = format!("{painted}{padding}{}", palette.paint(&first, *style));
                text += line.trim_end();
            } else {
                let parts = wrap(name, whole);
                let parts: Vec<_> = parts.iter().map(|part| palette.paint(part, Style::Dim)).collect();
                text += &parts.join("\n");
            }
            text.push('\n');
            for line in lines {
                text += &format!("{}{}\n", " ".repeat(indent), palette.paint(&line, *style));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::ColorChoice;

    #[test]
    fn names_are_broken_where_they_are_too_wide() {
        let mut fields = Fields::default();
        fields.add(
            "continuous_deployment_pipeline::trainer::output@12",
            "output of trainer",
        );
        fields.add("a\x1b[31m", "x");
        for room in 10..80 {
            let text = fields.render(Some(room), Palette::new(ColorChoice::Never, false));
            assert!(text.lines().all(|line| width(line) <= room), "{room}: {text}");
            assert!(!text.contains('\x1b'), "{text:?}");
        }
    }
}
