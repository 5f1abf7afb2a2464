//! How runs tell of their progress: on terminals of several sizes, and in logs.

mod terminal;

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use rustix::process::Signal;
use terminal::{Terminal, program};
use zen_core::prelude::*;
use zen_core::runner::{Observer, RunEvent};

use crate::support::memory;

fn has(lines: &[String], text: &str) -> bool {
    lines.iter().any(|line| line.contains(text))
}

#[track_caller]
fn line<'l>(lines: &'l [String], text: &str) -> &'l str {
    match lines.iter().find(|line| line.contains(text)) {
        Some(line) => line,
        None => panic!("no `{text}` in\n{}", lines.join("\n")),
    }
}

#[test]
fn a_running_step_has_a_line_with_what_it_last_said() {
    for (columns, rows) in [(80, 24), (40, 10)] {
        let mut terminal = Terminal::start("training", columns, rows, |_| {});
        // Whatever would garble the terminal is gone.
        let lines = terminal.shows("garbled line");
        assert!(line(&lines, "load").starts_with("✓ load  "), "{lines:?}");
        let train = line(&lines, "train  ");
        assert!(train.contains(" s  garbled line"), "{train}");
        assert!(line(&lines, "1/2").starts_with("  training  1/2"), "{lines:?}");
        terminal.open("second");
        let lines = terminal.shows("日本語");
        assert!(line(&lines, "日本語").ends_with('…'), "{lines:?}");
        terminal.open("go");
        let (status, lines) = terminal.end();
        assert!(status.success());
        assert!(line(&lines, "train  ").starts_with("✓ train  "), "{lines:?}");
        assert!(
            !has(&lines, "日本語") && !has(&lines, "1/2"),
            "live lines were left: {lines:?}"
        );
        assert!(
            has(&lines, "(2 completed)") && has(&lines, "completed in "),
            "{lines:?}"
        );
        assert_eq!(lines.last().unwrap(), "the program has ended");
    }
}

#[test]
fn on_a_tiny_terminal_it_still_makes_sense() {
    let terminal = Terminal::start("training", 20, 5, |_| {});
    let lines = terminal.shows("1/2");
    assert!(line(&lines, "1/2").starts_with("  train"), "{lines:?}");
    let lines = terminal.shows("train  ");
    assert!(line(&lines, "train  ").contains(" s"), "{lines:?}");
    // No line wraps while the program shows live lines; a run's id is longer than this terminal is wide.
    terminal.signal(Signal::KILL);
}

#[test]
fn a_fan_out_is_one_line() {
    let mut terminal = Terminal::start("fan_out", 80, 24, |command| {
        command.env("ZEN_PROGRESS", "live").env("CI", "true");
    });
    let lines = terminal.shows("100/200, 1 failed");
    assert!(line(&lines, "100/200").contains(".each  100/200"), "{lines:?}");
    let lines = terminal.shows("  100 run, ");
    // The failure is told, with all of its lines.
    assert!(
        has(&lines, "✗ score[7]") && has(&lines, "is not liked"),
        "{lines:?}"
    );
    assert!(lines.len() < 10, "{lines:?}");
    terminal.open("go");
    let (status, lines) = terminal.end();
    assert!(!status.success());
    assert!(has(&lines, "1 failed") && lines.len() < 16, "{lines:?}");
}

#[test]
fn many_short_steps_are_summed_up_and_written_sparingly() {
    let mut terminal = Terminal::start("chain", 80, 24, |_| {});
    let lines = terminal.shows("900/1,000 steps");
    assert!(has(&lines, "next_901"), "{lines:?}");
    terminal.open("go");
    let (status, lines) = terminal.end();
    assert!(status.success());
    assert!(has(&lines, " more completed"), "{lines:?}");
    let raw = String::from_utf8(terminal.raw()).unwrap();
    let named = raw.matches("✓ next").count();
    // The first ones, and any that took a second.
    assert!((50..100).contains(&named), "{named} of 1000 steps have a line");
}

#[test]
fn no_more_live_lines_than_the_terminal_has_room_for() {
    let mut terminal = Terminal::start("wide", 40, 10, |_| {});
    terminal.shows("and 24 more");
    // The last line of a drawing may take another read.
    let lines = terminal.shows("0/30");
    assert!(
        lines.len() <= 10 && lines.last().unwrap().contains("0/30"),
        "{lines:?}"
    );
    // Also when it becomes another one.
    terminal.resize(60, 20);
    terminal.shows("and 14 more");
    let lines = terminal.shows("0/30");
    assert!(
        lines.iter().filter(|line| line.contains("0/30")).count() == 1,
        "{lines:?}"
    );
    terminal.resize(30, 8);
    terminal.shows("and 26 more");
    terminal.open("go");
    assert!(terminal.end().0.success());
}

#[test]
fn what_a_step_prints_past_zen_stays() {
    let mut terminal = Terminal::start("printing", 80, 24, |_| {});
    terminal.shows("printer  ");
    terminal.open("print");
    let lines = terminal.shows("printed by the step");
    assert_eq!(line(&lines, "printed by"), "printed by the step");
    // The live lines are back below it.
    terminal.shows("printer  ");
    terminal.open("warn");
    let lines = terminal.shows("a warning of the step");
    assert_eq!(
        lines.iter().filter(|line| line.contains("0/1 steps")).count(),
        1,
        "{lines:?}"
    );
    terminal.open("go");
    let (_, lines) = terminal.end();
    let at = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
    assert!(
        at("printed by the step") < at("WARN") && at("WARN") < at("✓ printer"),
        "{lines:?}"
    );
    assert!(!has(&lines, "0/1 steps"), "{lines:?}");
}

#[test]
fn two_runs_share_the_terminal() {
    let mut terminal = Terminal::start("both", 80, 24, |_| {});
    terminal.shows("garbled line");
    let lines = terminal.shows("printer  ");
    assert!(
        has(&lines, "  training  1/2 steps") && has(&lines, "  printing  0/1 steps"),
        "{lines:?}"
    );
    for gate in ["second", "print", "warn", "go"] {
        terminal.open(gate);
    }
    let (status, lines) = terminal.end();
    assert!(status.success());
    assert!(has(&lines, "training: load"), "{lines:?}");
}

#[test]
fn a_retry_says_which_attempt_comes_when() {
    let mut terminal = Terminal::start("retrying", 80, 24, |_| {});
    let lines = terminal.shows("attempt 2 in ");
    assert!(has(&lines, "not today"), "{lines:?}");
    terminal.signal(Signal::INT);
    let (status, lines) = terminal.end();
    assert!(!status.success());
    assert!(
        has(&lines, "(1 cancelled)") && !has(&lines, "attempt 2 in"),
        "{lines:?}"
    );
}

#[test]
fn steps_from_the_cache_are_one_line() {
    let mut terminal = Terminal::start("twice", 80, 24, |_| {});
    terminal.open("second");
    terminal.open("go");
    let (_, lines) = terminal.end();
    assert_eq!(line(&lines, "from the cache"), "✓ load, train  from the cache");
    assert!(has(&lines, "(2 cached)"), "{lines:?}");
}

#[test]
fn without_utf_8_marks_are_ascii() {
    let mut terminal = Terminal::start("training", 80, 24, |command| {
        command.env("LC_ALL", "C");
    });
    terminal.open("second");
    terminal.shows("epoch 12");
    terminal.open("go");
    terminal.end();
    let raw = terminal.raw();
    assert!(raw.is_ascii(), "{}", String::from_utf8_lossy(&raw));
}

#[test]
fn a_log_has_plain_lines_and_few() {
    let run = |what: &str, gates: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        for gate in gates {
            std::fs::File::create(folder.path().join(gate)).unwrap();
        }
        let output = program(what, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert!(
            !output.stderr.contains(&0x1b),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stderr).unwrap()
    };
    let text = run("fan_out", &["go"]);
    assert!(text.contains("  score[7] failed after "), "{text}");
    assert!(text.lines().count() < 16, "{text}");
    let text = run("training", &["second", "go"]);
    assert!(
        text.contains("  train completed in ") && text.lines().count() == 6,
        "{text}"
    );
}

#[test]
fn a_dumb_terminal_and_ci_get_plain_lines() {
    for (name, value) in [("TERM", "dumb"), ("CI", "true"), ("ZEN_PROGRESS", "plain")] {
        let mut terminal = Terminal::start("training", 100, 24, |command| {
            command.env(name, value);
        });
        terminal.open("second");
        terminal.open("go");
        let (_, lines) = terminal.end();
        assert!(has(&lines, "  train completed in "), "{lines:?}");
        assert!(!terminal.raw().contains(&0x1b));
    }
}

#[step]
fn three() -> Vec<u8> {
    vec![1, 2, 3]
}

#[step]
fn inverse(ctx: &StepContext, x: u8) -> Result<u8> {
    ctx.log(format!("dividing by {}", x - 1));
    tracing::warn!("it is not zero");
    6_u8.checked_div(x - 1).ok_or_else(|| "divided by zero".into())
}

#[pipeline]
fn inverses() -> Artifact<Vec<u8>> {
    three().each(|x| inverse(x))
}

#[derive(Debug, Default)]
struct Heard {
    logs: bool,
    events: Mutex<Vec<RunEvent>>,
}

impl Observer for Heard {
    fn event(&self, event: &RunEvent) {
        // What an observer says itself isn't told to it again.
        tracing::warn!("heard of {event:?}");
        self.events.lock().unwrap().push(event.clone());
    }

    fn wants_logs(&self) -> bool {
        self.logs
    }
}

#[tokio::test]
async fn an_observer_hears_of_log_lines_if_it_wants_and_of_elements() {
    for logs in [true, false] {
        let heard = Arc::new(Heard {
            logs,
            ..Heard::default()
        });
        let observer = Arc::clone(&heard) as Arc<dyn Observer>;
        inverses()
            .on(&memory())
            .observer(observer)
            .run()
            .await
            .unwrap_err();
        let events = heard.events.lock().unwrap();
        assert!(matches!(events[0], RunEvent::RunStarted { steps: 2, .. }));
        let lines = events.iter().filter_map(|event| match event {
            RunEvent::StepLogged {
                step,
                message,
                element: true,
                ..
            } => Some(format!("{step}: {message}")),
            _ => None,
        });
        let mut lines: Vec<_> = lines.filter(|line| !line.contains("heard of")).collect();
        lines.sort();
        match logs {
            true => {
                assert_eq!(lines.len(), 6, "{lines:?}");
                assert!(
                    lines.contains(&"inverse[2]: dividing by 2".to_owned()),
                    "{lines:?}"
                );
                assert!(
                    lines.contains(&"inverse[1]: it is not zero".to_owned()),
                    "{lines:?}"
                );
            }
            false => assert!(lines.is_empty(), "{lines:?}"),
        }
        let elements: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                RunEvent::Elements {
                    done,
                    failed,
                    running,
                    total: 3,
                    ..
                } => Some((*done, *failed, *running)),
                _ => None,
            })
            .collect();
        assert_eq!(elements.last(), Some(&(3, 1, 0)), "{elements:?}");
        assert!(elements.is_sorted_by_key(|(done, ..)| *done), "{elements:?}");
    }
}
