//! Lives of stores: a program over a fresh store, killed and continued until it has done everything.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use zen_core::stack::Stack;

use super::check::{Found, Wrongs, check, list, processes_of};
use super::child::{Which, command};
use super::journal;
use super::random::Random;

/// Longer than any run or end of a process can take: better than hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a journal is looked at.
const LOOK: Duration = Duration::from_micros(200);

/// What to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// This program's executable.
    pub program: PathBuf,
    /// Where the stores are made.
    pub folder: PathBuf,
    /// How often to kill.
    pub kills: u64,
    /// Decides about all moments.
    pub seed: u64,
    /// The first life, for a replay.
    pub life: u64,
}

/// What happened so far.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Programs killed.
    pub kills: u64,
    /// Stores whose program came to its end.
    pub lives: u64,
    /// Steps that said they were done before a kill.
    pub ended: u64,
    /// Of these, those that were not recorded yet when the kill came: they are done again.
    pub lost: u64,
    /// The longest time between such a step's last word and the kill.
    pub oldest: Duration,
    /// Which step that was.
    pub slowest: String,
    /// The times of all of them.
    pub ages: Vec<Duration>,
    /// Objects that were being written when a kill came.
    pub half_written: u64,
}

impl Report {
    /// The time in the middle between such a step's last word and the kill.
    pub fn median(&self) -> Duration {
        let mut ages = self.ages.clone();
        ages.sort_unstable();
        ages.get(ages.len() / 2).copied().unwrap_or_default()
    }
}

/// A program, and what must hold of it at its next kill.
struct Program {
    which: Which,
    journal: PathBuf,
    child: Option<Child>,
    /// The lines of the journal that were there at the last kill.
    seen: usize,
    /// What was recorded as finished then.
    finished: HashSet<String>,
    killed: bool,
    done: bool,
}

/// What undisturbed programs print, and how long they take.
struct Undisturbed {
    torture: String,
    beside: String,
    lines: u64,
    took: Duration,
    startup: Duration,
}

/// Kills until it was done often enough.
///
/// # Errors
/// What is wrong with which life; its folder is kept.
pub fn torture(options: &Options, tell: &mut dyn FnMut(&Report)) -> Result<Report, String> {
    let undisturbed = undisturbed(options)?;
    let mut report = Report::default();
    let mut life = options.life;
    while report.kills < options.kills {
        let mut random = Random::new(options.seed.wrapping_mul(1_000_003).wrapping_add(life));
        let folder = options.folder.join(format!("life-{life}"));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut lived = Life {
            options,
            undisturbed: &undisturbed,
            home: folder.join(".zen"),
            main: Program::new(Which::Torture, &folder),
            beside: Program::new(Which::Beside, &folder),
            report: &mut report,
        };
        lived
            .live(&mut random)
            .map_err(|wrong| format!("life {life} ({}): {wrong}", folder.display()))?;
        report.lives += 1;
        tell(&report);
        let _ = std::fs::remove_dir_all(folder);
        life += 1;
    }
    Ok(report)
}

fn undisturbed(options: &Options) -> Result<Undisturbed, String> {
    let folder = options.folder.join("undisturbed");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let home = folder.join(".zen");
    let mut main = Program::new(Which::Torture, &folder);
    let begun = Instant::now();
    main.start(options, &home)?;
    main.wait_for_lines(1);
    let startup = begun.elapsed();
    let torture = main.end()?;
    let took = begun.elapsed();
    let mut beside = Program::new(Which::Beside, &folder);
    beside.start(options, &home)?;
    Ok(Undisturbed {
        torture,
        beside: beside.end()?,
        lines: journal::count(&main.journal) as u64,
        took,
        startup,
    })
}

impl Program {
    fn new(which: Which, folder: &Path) -> Self {
        Self {
            which,
            journal: folder.join(format!("journal-{}", which.name())),
            child: None,
            seen: 0,
            finished: HashSet::new(),
            killed: false,
            done: false,
        }
    }

    fn start(&mut self, options: &Options, home: &Path) -> Result<(), String> {
        let spawned = command(&options.program, home, &self.journal, self.which).spawn();
        self.child = Some(spawned.map_err(|error| format!("{}: {error}", options.program.display()))?);
        Ok(())
    }

    fn has_ended(&mut self) -> bool {
        self.child
            .as_mut()
            .is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// Waits until so many lines are noted, or the program ends.
    fn wait_for_lines(&mut self, lines: usize) {
        let begun = Instant::now();
        while journal::count(&self.journal) < lines && !self.has_ended() && begun.elapsed() < PATIENCE {
            std::thread::sleep(LOOK);
        }
    }

    fn kill(&mut self, whole_group: bool) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let (true, Some(group)) = (whole_group, group) {
            // It leads a group of its own.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
        self.killed = true;
    }

    /// Waits for the end that the program comes to by itself; gives what it printed.
    fn end(&mut self) -> Result<String, String> {
        let begun = Instant::now();
        while !self.has_ended() {
            if begun.elapsed() > PATIENCE {
                self.kill(true);
                return Err(format!("`{}` hangs", self.which.name()));
            }
            std::thread::sleep(LOOK);
        }
        let Some(mut child) = self.child.take() else {
            return Err(format!("`{}` was not started", self.which.name()));
        };
        let (mut printed, mut complained) = (String::new(), String::new());
        if let (Some(out), Some(err)) = (&mut child.stdout, &mut child.stderr) {
            // A few lines each, which fit into the pipes.
            let _ = out.read_to_string(&mut printed);
            let _ = err.read_to_string(&mut complained);
        }
        match child.wait() {
            Ok(status) if status.success() => {
                self.done = true;
                Ok(printed)
            }
            status => Err(format!(
                "`{}` failed ({status:?}): {complained}",
                self.which.name()
            )),
        }
    }

    /// Compares what was executed since the last kill with what was finished then, and remembers the state now.
    fn judge(&mut self, found: &Found, killed_at: Option<u64>, report: &mut Report, wrongs: &mut Wrongs) {
        let lines = journal::read(&self.journal);
        let new = lines.get(self.seen..).unwrap_or_default();
        for line in new
            .iter()
            .filter(|line| !line.end && self.finished.contains(&line.step))
        {
            wrongs.push(format!("`{}` had finished and was executed again", line.step));
        }
        if let Some(killed_at) = killed_at {
            let now = found.finished.get(self.which.name()).cloned().unwrap_or_default();
            let completed = found.completed.contains(self.which.name());
            for step in self.finished.difference(&now).filter(|_| !completed) {
                wrongs.push(format!("`{step}` had finished and is no longer known to have"));
            }
            for line in new.iter().filter(|line| line.end) {
                report.ended += 1;
                if !completed && !now.contains(&line.step) {
                    report.lost += 1;
                    let age = Duration::from_micros(killed_at.saturating_sub(line.micros));
                    report.ages.push(age);
                    if age >= report.oldest {
                        report.oldest = age;
                        report.slowest.clone_from(&line.step);
                    }
                }
            }
            self.finished = now;
        }
        self.seen = lines.len();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill(true);
    }
}

struct Life<'a> {
    options: &'a Options,
    undisturbed: &'a Undisturbed,
    home: PathBuf,
    main: Program,
    beside: Program,
    report: &'a mut Report,
}

impl Life<'_> {
    fn live(&mut self, random: &mut Random) -> Result<(), String> {
        let mut again_at_once = false;
        let with_beside = random.happens(40);
        loop {
            self.main.start(self.options, &self.home)?;
            if with_beside && !self.beside.done && self.beside.child.is_none() && random.happens(60) {
                self.beside.start(self.options, &self.home)?;
            }
            self.wait_for_the_moment(random, again_at_once);
            again_at_once = random.happens(15);
            let (group, both) = (random.happens(30), random.happens(50));
            if self.main.has_ended() {
                break;
            }
            let at = journal::micros();
            self.main.kill(group);
            self.report.kills += 1;
            if both && self.beside.child.is_some() && !self.beside.has_ended() {
                self.beside.kill(group);
                self.report.kills += 1;
            }
            self.take_stock(at)?;
        }
        let printed = self.main.end()?;
        same(&printed, &self.undisturbed.torture)?;
        self.finish_beside()?;
        self.nothing_is_left(with_beside)
    }

    /// A moment that depends on the journal replays better than one that depends on the time.
    fn wait_for_the_moment(&mut self, random: &mut Random, at_once: bool) {
        let (how, part) = (random.below(100), random.below(1_000_000));
        let lines = 1 + usize::try_from(random.below(self.undisturbed.lines / 6)).unwrap_or(0);
        let more = Duration::from_micros(random.below(4000));
        let fraction = |of: Duration| of.mul_f64(part as f64 / 1e6);
        if at_once || how < 15 {
            // While it starts.
            std::thread::sleep(fraction(self.undisturbed.startup));
        } else if how < 30 {
            // Anywhere.
            self.wait(fraction(self.undisturbed.took));
        } else {
            let seen = journal::count(&self.main.journal);
            self.main.wait_for_lines(seen + lines);
            if how < 65 {
                self.wait(more);
            }
        }
    }

    /// Waits, but not longer than the program lives.
    fn wait(&mut self, pause: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < pause && !self.main.has_ended() {
            std::thread::sleep(LOOK.min(pause));
        }
    }

    fn take_stock(&mut self, killed_at: u64) -> Result<(), String> {
        if self.beside.child.is_none() {
            self.children_are_gone()?;
        }
        let mut found = check(&self.home);
        let mut wrongs = std::mem::take(&mut found.wrongs);
        self.report.half_written += found.half_written as u64;
        self.main.judge(&found, Some(killed_at), self.report, &mut wrongs);
        if self.beside.killed {
            self.beside.killed = false;
            self.beside
                .judge(&found, Some(killed_at), self.report, &mut wrongs);
        }
        match wrongs.is_empty() {
            true => Ok(()),
            false => Err(wrongs.join("\n  ")),
        }
    }

    /// What a killed program had started ends with it.
    fn children_are_gone(&self) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let left = processes_of(&self.home);
            if left.is_empty() {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!(
                    "the processes {left:?} outlived the program that started them"
                ));
            }
            std::thread::sleep(LOOK);
        }
    }

    fn finish_beside(&mut self) -> Result<(), String> {
        if self.beside.child.is_none() && (self.beside.done || journal::count(&self.beside.journal) == 0) {
            return Ok(());
        }
        if self.beside.child.is_none() {
            self.beside.start(self.options, &self.home)?;
        }
        let printed = self.beside.end()?;
        same(&printed, &self.undisturbed.beside)
    }

    /// After the end, and one more look by zen.
    fn nothing_is_left(&mut self, with_beside: bool) -> Result<(), String> {
        let opened = Stack::builder().home(&self.home).build();
        drop(opened.map_err(|error| format!("the store can't be opened: {error}"))?);
        let mut found = check(&self.home);
        let mut wrongs = std::mem::take(&mut found.wrongs);
        self.main.judge(&found, None, self.report, &mut wrongs);
        self.beside.judge(&found, None, self.report, &mut wrongs);
        let scratch = list(&self.home.join("scratch"));
        if !scratch.is_empty() {
            wrongs.push(format!("scratch folders of dead programs are left: {scratch:?}"));
        }
        // While another program lived, they could not be told from its own.
        if found.half_written > 0 && !with_beside {
            wrongs.push(format!("{} half-written objects are left", found.half_written));
        }
        self.children_are_gone()?;
        match wrongs.is_empty() {
            true => Ok(()),
            false => Err(wrongs.join("\n  ")),
        }
    }
}

fn same(printed: &str, undisturbed: &str) -> Result<(), String> {
    match printed == undisturbed && !printed.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "it made\n{printed}and undisturbed it makes\n{undisturbed}"
        )),
    }
}
