//! The lines that show a run on a terminal of whatever width.

use std::time::{Duration, Instant};

use super::durations::{elapsed, number, took};
use super::model::{FanOut, Group, IN_GROUP, Model, News, Running};
use super::style::Style;
use crate::metadata::Status;
use crate::printing::text::{clean, cut, flow, width};

/// A last log line needs at least so many columns to say anything.
const LEAST_SAID: usize = 8;

/// The mark and the space behind it.
const MARGIN: usize = 2;

/// A name is left at least so many columns.
const LEAST_NAME: usize = 6;

/// Composes lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    pub(super) style: Style,
    pub(super) columns: usize,
}

impl Lines {
    fn clean(&self, text: &str) -> String {
        clean(text, self.style.ascii)
    }

    fn cut(&self, text: &str, room: usize) -> String {
        cut(text, room, self.style.ellipsis())
    }

    /// `mark name fact  said`: the name gives way to the fact, and what was said fills what is left.
    fn line(&self, mark: &str, name: &str, fact: &str, said: &str) -> String {
        let room = self.columns.saturating_sub(MARGIN);
        let least = LEAST_NAME.min(width(name));
        let fact = self.cut(fact, room.saturating_sub(least + 2));
        let taken = if fact.is_empty() { 0 } else { width(&fact) + 2 };
        let name = self.cut(name, room.saturating_sub(taken));
        let mut line = format!("{mark} {name}");
        if !fact.is_empty() {
            line.push_str("  ");
            line.push_str(&self.style.faint(&fact));
        }
        let left = room.saturating_sub(width(&name) + taken + 2);
        if left >= LEAST_SAID && !said.is_empty() {
            line.push_str("  ");
            line.push_str(&self.cut(said, left));
        }
        line
    }

    /// The lines of the run as it is now: at most `rows`.
    pub(super) fn live(&self, model: &Model, pipeline: &str, rows: usize, tick: usize) -> Vec<String> {
        let spinner = self.style.spinner(tick);
        let mut lines: Vec<_> = model
            .fan_outs()
            .into_iter()
            .map(|(name, fan_out)| self.fan_out(&spinner, name, fan_out))
            .collect();
        let steps = model.running();
        let room = rows.saturating_sub(1);
        let all = lines.len() + steps.len();
        lines.extend(
            steps
                .into_iter()
                .take(room)
                .map(|(name, step)| self.running(&spinner, name, step)),
        );
        if all > room {
            lines.truncate(room.saturating_sub(1));
            if room > 0 {
                let more = format!("  and {} more", number(all - lines.len()));
                lines.push(self.style.faint(&self.cut(&more, self.columns)));
            }
        }
        lines.push(self.bottom(model, pipeline));
        lines
    }

    fn running(&self, spinner: &str, name: &str, step: &Running) -> String {
        let said = step
            .last
            .as_deref()
            .map(|last| self.clean(last))
            .unwrap_or_default();
        let now = Instant::now();
        let fact = match step.again {
            Some(again) => {
                let left = again.saturating_duration_since(now) + Duration::from_millis(999);
                format!("attempt {} in {}", step.attempt + 1, elapsed(left))
            }
            None if step.attempt > 1 => {
                format!("{}, attempt {}", elapsed(step.started.elapsed()), step.attempt)
            }
            None => elapsed(step.started.elapsed()),
        };
        self.line(spinner, &self.clean(name), &fact, &said)
    }

    fn fan_out(&self, spinner: &str, name: &str, fan_out: &FanOut) -> String {
        let mut fact = format!("{}/{}", number(fan_out.done), number(fan_out.total));
        if fan_out.failed > 0 {
            fact.push_str(&format!(", {} failed", number(fan_out.failed)));
        }
        let said = format!(
            "{} run, {}",
            number(fan_out.running),
            elapsed(fan_out.started.elapsed())
        );
        self.line(spinner, &self.clean(name), &fact, &said)
    }

    fn bottom(&self, model: &Model, pipeline: &str) -> String {
        let total = model.total.max(model.done);
        let elapsed = elapsed(model.started.elapsed());
        let counted = format!("{}/{}", number(model.done), number(total));
        let long = format!("{counted} steps  {elapsed}");
        let room = self.columns.saturating_sub(MARGIN + width(pipeline) + 2);
        let fact = match width(&long) <= room {
            true => long,
            false => format!("{counted}  {elapsed}"),
        };
        self.line(" ", pipeline, &fact, "")
    }

    /// Lines that stay; `of` names the run when there are several.
    pub(super) fn news(&self, news: News, of: &str) -> Vec<String> {
        match news {
            News::Ended {
                step,
                status,
                took: time,
                error,
            } => {
                let name = format!("{of}{}", self.clean(&step));
                let fact = match status {
                    Status::Completed => took(time),
                    status => format!("{status} after {}", took(time)),
                };
                let mut lines = vec![self.line(&self.style.mark(status), &name, &fact, "")];
                lines.extend(self.error(error.as_deref().unwrap_or_default()));
                lines
            }
            News::Group(group) => vec![self.group(&group, of)],
            News::Warning(message) => {
                let mut lines = self.error(&message);
                if let Some(first) = lines.first_mut() {
                    *first = format!("{} {of}{}", self.style.warning(), first.trim_start());
                }
                lines
            }
            News::More(status, count) => {
                let name = format!("{of}and {} more {status}", number(count));
                vec![self.line(&self.style.mark(status), &name, "", "")]
            }
        }
    }

    /// Text of several lines, not cut: nobody wants to miss the end of an error.
    fn error(&self, text: &str) -> Vec<String> {
        text.lines()
            .map(|line| format!("  {}", self.clean(line)))
            .collect()
    }

    fn group(&self, group: &Group, of: &str) -> String {
        let what = match group.status {
            Status::Cached => "from the cache".to_owned(),
            status => status.to_string(),
        };
        let reason = group.reason.as_deref().map(|reason| self.clean(reason));
        let name = match group.count {
            count if count <= IN_GROUP => format!("{of}{}", self.clean(&group.names.join(", "))),
            count => format!("{of}{} steps", number(count)),
        };
        self.line(
            &self.style.mark(group.status),
            &name,
            &what,
            &reason.unwrap_or_default(),
        )
    }

    /// The run's end.
    pub(super) fn summary(
        &self,
        pipeline: &str,
        run: &str,
        status: Status,
        time: Duration,
        steps: &[(Status, usize)],
    ) -> Vec<String> {
        let counts: Vec<_> = steps
            .iter()
            .map(|(status, count)| format!("{} {status}", number(*count)))
            .collect();
        let parts = [
            format!("{}:", self.clean(pipeline)),
            "run".to_owned(),
            run.to_owned(),
            format!("{status} in {}", took(time)),
            format!("({})", counts.join(", ")),
        ];
        flow(&parts, self.columns, "  ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::events::RunEvent;

    /// A run in which everything there is happens at once, under names of all sorts.
    fn busy() -> Model {
        let mut model = Model::new(12_000);
        for name in [
            "a",
            "a_step_with_a_rather_long_name_that_no_terminal_is_wide_enough_for",
            "日本語",
        ] {
            model.event(&RunEvent::StepStarted {
                step: name.into(),
                attempt: 2,
                element: false,
            });
            model.event(&RunEvent::StepLogged {
                step: name.into(),
                level: tracing::Level::INFO,
                message: "epoch 🦀 \t 12\r\u{1b}[31mred and a long line that goes on and on and on".into(),
                element: false,
            });
        }
        model.event(&RunEvent::StepRetrying {
            step: "a".into(),
            attempt: 2,
            pause: Duration::from_secs(3600),
            error: "an error\nof two lines".into(),
            element: false,
        });
        model.event(&RunEvent::Elements {
            step: "score.each".into(),
            total: 10_000,
            done: 4_321,
            failed: 17,
            running: 8,
        });
        for (name, status) in [
            ("b", Status::Cached),
            ("日本", Status::Skipped),
            ("c", Status::Completed),
        ] {
            model.event(&RunEvent::StepEnded {
                step: name.repeat(20),
                status,
                took: Duration::from_millis(12),
                error: (status == Status::Skipped).then(|| "because of something else that failed".into()),
                element: false,
            });
        }
        model
    }

    #[test]
    fn nothing_is_wider_or_higher_than_the_terminal() {
        for (columns, ascii) in (1..130).flat_map(|columns| [(columns, true), (columns, false)]) {
            let lines = Lines {
                style: Style::plain(ascii),
                columns,
            };
            let mut model = busy();
            for rows in 1..8 {
                let live = lines.live(&model, "training", rows, 3);
                assert!(live.len() <= rows, "{rows} rows: {live:?}");
                for line in live {
                    assert!(width(&line) <= columns.max(MARGIN), "{columns} columns: {line}");
                    assert!(!line.chars().any(char::is_control), "{line:?}");
                }
            }
            for news in model.rest() {
                if !matches!(news, News::Warning(_)) {
                    let told = lines.news(news, "");
                    assert!(
                        told.iter().all(|line| width(line) <= columns.max(MARGIN)),
                        "{told:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_wide_line_says_everything() {
        let lines = Lines {
            style: Style::plain(false),
            columns: 79,
        };
        let live = lines.live(&busy(), "training", 10, 0);
        assert_eq!(
            live,
            [
                "⠋ score.each  4,321/10,000, 17 failed  8 run, 0 s",
                "⠋ a  attempt 3 in 1 h 0 min  an error of two lines",
                "⠋ a_step_with_a_rather_long_name_that_no_terminal_is_wide_enou…  0 s, attempt 2",
                "⠋ 日本語  0 s, attempt 2  red and a long line that goes on and on and on",
                "  training  3/12,000 steps  0 s",
            ]
        );
    }
}
