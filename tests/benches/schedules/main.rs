//! What schedules cost: the next time due beside what other crates take for it, how late runs start when very many are due at once, and what a
//! scheduler uses when nothing is due.
//!
//! `cargo bench -p zen-tests --bench schedules` runs all; `.. -- next_after`, `.. -- due` and `.. -- idle` keep to one of them. Compare ratios: the
//! times of two machines, or of two days, say little.

mod due;
mod idle;
mod next_after;

use std::process::ExitCode;

use criterion::Criterion;

fn main() -> ExitCode {
    // The scheduler whose time is measured is this program once more.
    if let Some(code) = idle::child() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let wants = |name: &str| wanted.is_none_or(|wanted| name.contains(wanted.as_str()));
    // Without `--bench`, as in `cargo test --benches`, it is only tried whether everything runs.
    let measures = arguments.iter().any(|argument| argument == "--bench");
    if wanted.is_none_or(|wanted| wanted.starts_with("next_after")) {
        let mut criterion = Criterion::default().configure_from_args();
        next_after::rows(&mut criterion);
        criterion.final_summary();
    }
    if wants("due") {
        due::print(if measures { 1000 } else { 20 });
    }
    if wants("idle") {
        let (schedules, seconds) = if measures { (1000, 30) } else { (20, 2) };
        idle::print(schedules, seconds);
    }
    ExitCode::SUCCESS
}
