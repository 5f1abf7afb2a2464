//! Tables that fit the terminal.

use super::width::{clean_lines, width, wrap};
use super::{Palette, Style};

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    title: &'static str,
    /// Columns with a lower number go first when there is no room.
    keep: u8,
    give: Give,
}

/// When a column is broken into lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Give {
    /// When the table is too wide.
    First,
    /// When it still is after all columns have gone that can.
    Late,
    /// When no other column is left to be broken: half an id is no use.
    Last,
}

impl Column {
    /// A column that stays whatever the width.
    pub(crate) const fn new(title: &'static str) -> Self {
        Self {
            title,
            keep: u8::MAX,
            give: Give::First,
        }
    }

    /// One that goes when there is no room, before those with a higher number.
    pub(crate) const fn optional(title: &'static str, keep: u8) -> Self {
        Self {
            title,
            keep,
            give: Give::First,
        }
    }

    /// Never broken into lines, as long as there is any other way.
    pub(crate) const fn whole(self) -> Self {
        Self {
            give: Give::Last,
            ..self
        }
    }

    /// Broken into lines only after those have gone that can.
    pub(crate) const fn steady(self) -> Self {
        Self {
            give: Give::Late,
            ..self
        }
    }
}

/// What stands in one row and column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self::styled(text, Style::Plain)
    }

    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self {
            text: clean_lines(text.as_ref()),
            style,
        }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

/// Rows below titles.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    ruled: bool,
    title: Option<String>,
}

/// No column is made narrower than this as long as another can go.
const NARROW: usize = 10;

/// No column is made narrower than this as long as those that are whole needn't be broken.
const NARROWEST: usize = 6;

/// Where prose begins: so many columns are enough for it, however much there is.
const PROSE: usize = 20;

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
            ruled: false,
            title: None,
        }
    }

    /// With lines between the rows.
    pub(crate) fn ruled(mut self) -> Self {
        self.ruled = true;
        self
    }

    /// With a line above it.
    pub(crate) fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    pub(crate) fn push(&mut self, row: impl Into<Vec<Cell>>) {
        self.rows.push(row.into());
    }

    pub(crate) fn render(&self, room: Option<usize>, palette: Palette) -> String {
        let (shown, widths) = self.fit(room);
        let line = |left: &str, middle: &str, right: &str, dash: &str| {
            let parts: Vec<_> = widths.iter().map(|width| dash.repeat(width + 2)).collect();
            format!("{left}{}{right}\n", parts.join(middle))
        };
        let mut text = String::new();
        if let Some(title) = &self.title {
            let whole = widths.iter().sum::<usize>() + 3 * widths.len() + 1;
            for part in wrap(title, room.unwrap_or(usize::MAX).min(whole.max(20))) {
                let margin = whole.saturating_sub(width(&part)) / 2;
                text += &format!("{}{}\n", " ".repeat(margin), palette.paint(&part, Style::Bold));
            }
        }
        text += &line("┏", "┯", "┓", "━");
        let titles: Vec<Cell> = shown
            .iter()
            .map(|index| Cell::styled(self.columns[*index].title, Style::Bold))
            .collect();
        row(&titles.iter().collect::<Vec<_>>(), &widths, palette, &mut text);
        let rule = line("┠", "┼", "┨", "─");
        for (number, cells) in self.rows.iter().enumerate() {
            if self.ruled || number == 0 {
                text += &rule;
            }
            let cells: Vec<&Cell> = shown.iter().filter_map(|index| cells.get(*index)).collect();
            row(&cells, &widths, palette, &mut text);
        }
        text + &line("┗", "┷", "┛", "━")
    }

    /// Which columns are shown, and how wide.
    fn fit(&self, room: Option<usize>) -> (Vec<usize>, Vec<usize>) {
        let natural = |index: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            let lines = cells.flat_map(|cell| cell.text.split('\n'));
            let widest = lines.map(width).max().unwrap_or(0);
            widest.max(width(self.columns[index].title)).max(1)
        };
        let all: Vec<usize> = (0..self.columns.len()).map(natural).collect();
        let least = |index: usize| match self.columns[index].give {
            Give::Last | Give::Late => all[index],
            // Rather than broken into many lines, columns go.
            Give::First => all[index].min((all[index] * 2).div_ceil(3).clamp(NARROW, PROSE)),
        };
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        let Some(room) = room else {
            return (shown, all);
        };
        let frame = |count: usize| 3 * count + 1;
        loop {
            let needed: usize = shown.iter().map(|index| least(*index)).sum();
            if needed + frame(shown.len()) <= room {
                break;
            }
            let droppable = shown.iter().filter(|index| self.columns[**index].keep < u8::MAX);
            match droppable.min_by_key(|index| self.columns[**index].keep).copied() {
                Some(gone) => shown.retain(|index| *index != gone),
                None => break,
            }
        }
        let mut widths: Vec<usize> = shown.iter().map(|index| all[*index]).collect();
        let room = room.saturating_sub(frame(shown.len()));
        while widths.iter().sum::<usize>() > room {
            // The widest gives; those that must not be broken only when no other can.
            let give = |least: usize, spared: bool| {
                (0..widths.len())
                    .filter(|at| !spared || self.columns[shown[*at]].give != Give::Last)
                    .filter(|at| widths[*at] > least)
                    .max_by_key(|at| widths[*at])
            };
            let given = give(NARROW, true).or_else(|| give(NARROWEST, true));
            match given.or_else(|| give(2, false)) {
                Some(at) => widths[at] -= 1,
                None => break,
            }
        }
        (shown, widths)
    }
}

fn row(cells: &[&Cell], widths: &[usize], palette: Palette, text: &mut String) {
    let wrapped: Vec<Vec<String>> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| wrap(&cell.text, *width))
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
    for number in 0..height {
        let parts: Vec<String> = cells
            .iter()
            .zip(&wrapped)
            .zip(widths)
            .map(|((cell, lines), room)| {
                let line = lines.get(number).map_or("", String::as_str);
                let padding = " ".repeat(room.saturating_sub(width(line)));
                format!(" {}{padding} ", palette.paint(line, cell.style))
            })
            .collect();
        *text += &format!("┃{}┃\n", parts.join("│"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::ColorChoice;

    fn rendered(table: &Table, room: usize) -> Vec<String> {
        let text = table.render(Some(room), Palette::new(ColorChoice::Never, false));
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        assert!(lines.iter().all(|line| width(line) <= room), "{room}: {text}");
        lines
    }

    #[test]
    fn ids_stay_whole_while_others_can_give() {
        let mut table = Table::new([
            Column::new("RUN").whole(),
            Column::new("PIPELINE"),
            Column::new("STEP"),
        ]);
        table.push(["019aa5c3-1b2f", "continuous_deployment", "trainer_of_models"].map(Cell::new));
        for room in 35..80 {
            let lines = rendered(&table, room);
            assert!(
                lines.iter().any(|line| line.contains("019aa5c3-1b2f")),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn what_is_optional_goes_before_it_is_broken() {
        let mut table = Table::new([
            Column::new("RUN").whole(),
            Column::optional("NAME", 1),
            Column::optional("TOOK", 2).whole(),
        ]);
        table.push(["019aa5c3", "a_name_of_thirty_two_characters_", "3m 12s"].map(Cell::new));
        assert!(rendered(&table, 54)[1].contains("NAME"));
        let narrow = rendered(&table, 43);
        assert!(
            !narrow[1].contains("NAME") && narrow[1].contains("TOOK"),
            "{narrow:?}"
        );
        assert_eq!(narrow.len(), 5);
    }

    #[test]
    fn lines_of_a_cell_stay_lines() {
        let mut table = Table::new([Column::new("PARTS")]);
        table.push([Cell::new("one\ntwo\x1b[31m")]);
        let lines = rendered(&table, 40);
        assert_eq!(lines[3..5], ["┃ one      ┃", "┃ two\u{fffd}[31m ┃"]);
    }
}
