//! Two schedulers on one store that are killed, stopped, held and started again, again and again.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use rustix::process::Signal;
use zen_core::metadata::{ScheduleFilter, ScheduleState, SlotFilter};
use zen_core::prelude::*;
use zen_core::schedule::{CatchUp, Interrupted, Overlap, Schedule};

use super::check::{Found, check};
use super::declare::{Declaration, Work};
use super::process::{Process, declare};
use crate::torture::random::Random;

/// How far apart the slots are.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long a scheduler that is alive may be silent: shorter than it may be held.
const SILENCE: &str = "4000";

/// The longest that a scheduler is held by SIGSTOP, in milliseconds.
const LONGEST_HOLD: u64 = 6000;

/// Longer than any queue takes that is left at the end.
const PATIENCE: Duration = Duration::from_secs(300);

/// What to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// This program's executable.
    pub program: PathBuf,
    /// Where the store is made.
    pub folder: PathBuf,
    /// How long slots come due.
    pub seconds: u64,
    /// Decides what happens.
    pub seed: u64,
}

/// What happened.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Schedulers that were killed.
    pub kills: u64,
    /// Schedulers that were stopped by SIGTERM.
    pub stops: u64,
    /// Of these, those that had to cancel runs.
    pub cancelled: u64,
    /// Schedulers that were held by SIGSTOP.
    pub holds: u64,
    /// Schedulers that a run took with it.
    pub aborts: u64,
    /// What schedulers complained about that had not been killed.
    pub troubles: Vec<String>,
    /// What was found at the end.
    pub found: Found,
}

/// Does it, and looks what came of it.
///
/// # Errors
/// What is wrong.
pub async fn soak(options: &Options) -> Result<Report> {
    let home = options.folder.join(".zen");
    let stack = Stack::builder().home(&home).build()?;
    let journal = options.folder.join("journal");
    declare_all(options, &home, &journal)?;
    let mut report = Report::default();
    let mut random = Random::new(options.seed);
    let mut pair = [Post::default(), Post::default()];
    let end = Instant::now() + Duration::from_secs(options.seconds + 1);
    while Instant::now() < end {
        for post in &mut pair {
            post.keep(options, &home, &mut random, &mut report)?;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    for post in &mut pair {
        post.resume();
    }
    drain(options, &home, &stack, &mut pair, &mut report)?;
    // The store is sound, and that others write at the same time is no trouble.
    for trouble in &report.troubles {
        report.found.wrongs.push(format!("a scheduler said: {trouble}"));
    }
    let client = Client::of(stack);
    for schedule in client.schedules(&ScheduleFilter::default())? {
        check(&schedule, &journal, &mut report.found)?;
    }
    match report.found.wrongs.is_empty() {
        true => Ok(report),
        false => Err(format!("{report:#?}").into()),
    }
}

/// A schedule of each combination of policies, and two whose runs fail or take their scheduler with them.
fn declare_all(options: &Options, home: &Path, journal: &Path) -> Result<()> {
    let start = Utc::now() + TimeDelta::seconds(3);
    let end = start + TimeDelta::seconds(i64::try_from(options.seconds)?);
    let table =
        |interval| -> Result<Schedule> { Ok(Schedule::every(interval)?.start_at(start)?.end_at(end)?) };
    let mut all = Vec::new();
    let works = [Work::Quick, Work::Resting(60), Work::Labouring(150)];
    let interrupted = [Interrupted::Retry, Interrupted::Missed];
    for (n, catch_up) in [CatchUp::None, CatchUp::Latest, CatchUp::All]
        .into_iter()
        .enumerate()
    {
        for (m, overlap) in [Overlap::Skip, Overlap::Queue, Overlap::Allow]
            .into_iter()
            .enumerate()
        {
            // Those of which none is lost must not take longer than their turn.
            let work = match (catch_up, overlap) {
                (CatchUp::All, Overlap::Allow) => Work::Resting(60),
                (CatchUp::All, _) | (_, Overlap::Queue) => Work::Quick,
                _ => works[(n + m) % works.len()].clone(),
            };
            let schedule = table(INTERVAL)?.catch_up(catch_up).overlap(overlap);
            let schedule = schedule
                .grace(Duration::from_millis(500))
                .if_interrupted(interrupted[(n + m) % 2]);
            all.push((format!("{catch_up}-{overlap}"), work, schedule));
        }
    }
    all.push(("failing".to_owned(), Work::Failing, table(INTERVAL * 5)?));
    all.push((
        "aborting".to_owned(),
        Work::Aborting,
        table(INTERVAL * 150)?.catch_up(CatchUp::All),
    ));
    for (name, work, schedule) in all {
        let journal = journal.display().to_string();
        let declaration = Declaration {
            name,
            work,
            journal,
            schedule,
        };
        declare(&options.program, home, &declaration)?;
    }
    Ok(())
}

/// One of the two schedulers.
#[derive(Debug, Default)]
struct Post {
    process: Option<Process>,
    /// When something is to happen next.
    next: Option<Instant>,
    /// It is held by SIGSTOP.
    held: bool,
    /// It was told to end.
    stopping: bool,
    /// It was told so once more.
    hurried: bool,
}

impl Post {
    /// Does what is to be done now.
    fn keep(
        &mut self,
        options: &Options,
        home: &Path,
        random: &mut Random,
        report: &mut Report,
    ) -> Result<()> {
        self.take_note_of_its_end(report)?;
        if self.next.is_some_and(|next| next > Instant::now()) {
            return Ok(());
        }
        let Some(process) = &mut self.process else {
            self.start(options, home)?;
            self.pause(random, 200, 2500);
            return Ok(());
        };
        if self.held {
            self.resume();
            self.pause(random, 200, 2500);
            return Ok(());
        }
        if self.stopping {
            // It takes long: asked again, it cancels at once. Asked a third time, it would leave its slots as they are.
            if !std::mem::replace(&mut self.hurried, true) {
                process.signal(Signal::TERM);
            }
            self.pause(random, 500, 1000);
            return Ok(());
        }
        match random.below(100) {
            0..45 => {
                process.kill();
                report.kills += 1;
                report.troubles.extend(
                    process
                        .said()
                        .into_iter()
                        .filter(|line| line.starts_with("trouble ")),
                );
                self.process = None;
                self.pause(random, 0, 1000);
            }
            45..65 => {
                process.signal(Signal::TERM);
                report.stops += 1;
                self.stopping = true;
                self.pause(random, 2000, 3000);
            }
            65..85 => {
                process.signal(Signal::STOP);
                report.holds += 1;
                self.held = true;
                self.pause(random, 50, LONGEST_HOLD);
            }
            _ => self.pause(random, 200, 2500),
        }
        Ok(())
    }

    fn start(&mut self, options: &Options, home: &Path) -> Result<()> {
        let arguments = ["--grace", "100", "--silence", SILENCE];
        self.process = Some(Process::scheduler(&options.program, home, &arguments)?);
        (self.stopping, self.hurried) = (false, false);
        Ok(())
    }

    fn pause(&mut self, random: &mut Random, least: u64, most: u64) {
        let millis = least + random.below(most.saturating_sub(least));
        self.next = Some(Instant::now() + Duration::from_millis(millis));
    }

    fn resume(&mut self) {
        if let (true, Some(process)) = (self.held, &mut self.process) {
            process.signal(Signal::CONT);
        }
        self.held = false;
    }

    fn take_note_of_its_end(&mut self, report: &mut Report) -> Result<()> {
        use std::os::unix::process::ExitStatusExt;
        let Some(status) = self.process.as_mut().and_then(Process::has_ended) else {
            return Ok(());
        };
        let process = self.process.take();
        let said = process.map(|process| process.said()).unwrap_or_default();
        let troubles = said.into_iter().filter(|line| line.starts_with("trouble "));
        report.troubles.extend(troubles);
        match (self.stopping, status.code(), status.signal()) {
            (true, Some(0), _) => {}
            (true, Some(4), _) => report.cancelled += 1,
            (_, None, Some(signal)) if signal == Signal::ABORT.as_raw() => report.aborts += 1,
            // Told to end before it listened.
            (true, None, Some(signal)) if signal == Signal::TERM.as_raw() => {}
            _ => return Err(format!("a scheduler ended with {status}").into()),
        }
        (self.held, self.stopping) = (false, false);
        Ok(())
    }
}

/// Leaves the schedulers alone until everything is settled, and stops them.
fn drain(
    options: &Options,
    home: &Path,
    stack: &Stack,
    pair: &mut [Post; 2],
    report: &mut Report,
) -> Result<()> {
    let begun = Instant::now();
    loop {
        for post in pair.iter_mut() {
            post.take_note_of_its_end(report)?;
            if post.process.is_none() {
                post.start(options, home)?;
            }
        }
        let active = stack.metadata().schedules(&ScheduleFilter {
            state: Some(ScheduleState::Active),
            ..ScheduleFilter::default()
        })?;
        let open = stack.metadata().slots(&SlotFilter {
            settled: Some(false),
            ..SlotFilter::default()
        })?;
        if active.is_empty() && open.is_empty() {
            break;
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("never settled: {active:#?}, {open:#?}").into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    for post in pair.iter_mut() {
        let Some(process) = &mut post.process else {
            continue;
        };
        if !post.stopping {
            process.wait_for("started");
            process.signal(Signal::TERM);
        }
        let status = process.end();
        let well = match post.stopping {
            true => matches!(status.code(), Some(0 | 4)),
            false => status.success(),
        };
        if !well {
            return Err(format!("an idle scheduler ended with {status}").into());
        }
    }
    Ok(())
}
