//! What is known of a run that is watched: what runs now, and what has ended since somebody last looked. It stays small, however many
//! steps there are.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::metadata::Status;
use crate::runner::events::RunEvent;

/// So many steps are named when they end; later ones only when they took [`LONG`].
const NAMED: usize = 50;

/// A step that took so long is always named.
const LONG: Duration = Duration::from_secs(1);

/// So many failures are told; the others are counted.
const FAILURES: usize = 20;

/// So many steps of a [`Group`] are named.
pub(super) const IN_GROUP: usize = 3;

/// Something that is told once.
#[derive(Debug)]
pub(super) enum News {
    /// A step ended.
    Ended {
        step: String,
        status: Status,
        took: Duration,
        error: Option<String>,
    },
    /// Several steps ended alike, and there is no more to say of each.
    Group(Group),
    /// Something the user should know.
    Warning(String),
    /// So many more steps ended in this status.
    More(Status, usize),
}

/// Steps that were taken from the cache, or skipped, one after the other.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) status: Status,
    pub(super) count: usize,
    /// The first of them.
    pub(super) names: Vec<String>,
    /// Why, when it is the same for all.
    pub(super) reason: Option<String>,
    last: Instant,
}

/// A step that runs.
#[derive(Debug)]
pub(super) struct Running {
    /// Later ones have larger numbers.
    order: u64,
    pub(super) attempt: u32,
    pub(super) started: Instant,
    /// Its last log line.
    pub(super) last: Option<String>,
    /// When it is tried again.
    pub(super) again: Option<Instant>,
}

/// How far a fan-out is.
#[derive(Debug, Clone)]
pub(super) struct FanOut {
    order: u64,
    pub(super) started: Instant,
    pub(super) total: usize,
    pub(super) done: usize,
    pub(super) failed: usize,
    pub(super) running: usize,
}

/// A run that is watched.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) started: Instant,
    /// How many steps will end, as far as is known.
    pub(super) total: usize,
    pub(super) done: usize,
    running: HashMap<String, Running>,
    fan_outs: HashMap<String, FanOut>,
    order: u64,
    news: Vec<News>,
    group: Option<Group>,
    named: usize,
    unnamed: usize,
    failures: usize,
    cancelled: usize,
    retries: usize,
}

impl Model {
    pub(super) fn new(total: usize) -> Self {
        Self {
            started: Instant::now(),
            total,
            done: 0,
            running: HashMap::new(),
            fan_outs: HashMap::new(),
            order: 0,
            news: Vec::new(),
            group: None,
            named: 0,
            unnamed: 0,
            failures: 0,
            cancelled: 0,
            retries: 0,
        }
    }

    /// Takes note of what happened.
    pub(super) fn event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::StepStarted {
                step,
                attempt,
                element: false,
            } => self.started(step, *attempt),
            RunEvent::StepRetrying {
                step,
                attempt,
                pause,
                error,
                element: false,
            } => self.retrying(step, *attempt, *pause, error),
            RunEvent::StepEnded {
                step,
                status,
                took,
                error,
                element,
            } => {
                if !element {
                    self.running.remove(step);
                    self.done += 1;
                }
                // Elements that end well are summed up by their fan-out.
                if !element || *status == Status::Failed {
                    self.ended(step, *status, *took, error.as_ref());
                }
            }
            RunEvent::StepLogged {
                step,
                message,
                element: false,
                ..
            } => {
                if let Some(running) = self.running.get_mut(step)
                    && !message.trim().is_empty()
                {
                    running.last = Some(message.clone());
                }
            }
            RunEvent::Elements {
                step,
                total,
                done,
                failed,
                running,
            } => self.elements(step, *total, *done, *failed, *running),
            RunEvent::Warning { message } => self.tell(News::Warning(message.clone())),
            _ => {}
        }
    }

    fn started(&mut self, step: &str, attempt: u32) {
        self.order += 1;
        let before = self.running.remove(step);
        let running = Running {
            order: before.as_ref().map_or(self.order, |before| before.order),
            attempt,
            started: Instant::now(),
            last: before.and_then(|before| before.last),
            again: None,
        };
        self.running.insert(step.to_owned(), running);
    }

    fn retrying(&mut self, step: &str, attempt: u32, pause: Duration, error: &str) {
        if let Some(running) = self.running.get_mut(step) {
            running.again = Instant::now().checked_add(pause);
            running.last = Some(error.to_owned());
        }
        let text = format!(
            "{step}: attempt {attempt} failed, the next one in {}: {error}",
            super::durations::took(pause)
        );
        self.retries += 1;
        if self.retries <= FAILURES {
            self.tell(News::Warning(text));
        }
    }

    fn elements(&mut self, step: &str, total: usize, done: usize, failed: usize, running: usize) {
        if done >= total {
            // Not when its step ends: that is skipped at the first failure, while other elements go on.
            self.fan_outs.remove(step);
            return;
        }
        self.order += 1;
        let order = self.order;
        let fan_out = self.fan_outs.entry(step.to_owned()).or_insert(FanOut {
            order,
            started: Instant::now(),
            total,
            done,
            failed,
            running,
        });
        (fan_out.total, fan_out.done) = (total, done);
        (fan_out.failed, fan_out.running) = (failed, running);
    }

    fn ended(&mut self, step: &str, status: Status, took: Duration, error: Option<&String>) {
        match status {
            Status::Cached | Status::Skipped => return self.grouped(step, status, error),
            Status::Completed if self.named >= NAMED && took < LONG => {
                self.unnamed += 1;
                return;
            }
            _ => {}
        }
        let news = News::Ended {
            step: step.to_owned(),
            status,
            took,
            error: error.cloned(),
        };
        let count = match status {
            Status::Failed => &mut self.failures,
            Status::Cancelled => &mut self.cancelled,
            _ => {
                self.named += 1;
                return self.tell(news);
            }
        };
        *count += 1;
        if *count <= FAILURES {
            self.tell(news);
        }
    }

    fn grouped(&mut self, step: &str, status: Status, error: Option<&String>) {
        if self.group.as_ref().is_some_and(|group| group.status != status) {
            self.news.extend(self.group.take().map(News::Group));
        }
        let group = self.group.get_or_insert_with(|| Group {
            status,
            count: 0,
            names: Vec::new(),
            reason: error.cloned(),
            last: Instant::now(),
        });
        group.count += 1;
        group.last = Instant::now();
        if group.reason.as_ref() != error {
            group.reason = None;
        }
        if group.names.len() < IN_GROUP {
            group.names.push(step.to_owned());
        }
    }

    fn tell(&mut self, news: News) {
        self.news.extend(self.group.take().map(News::Group));
        self.news.push(news);
    }

    /// What has happened since the last call. A group waits until nothing was added to it for that long.
    pub(super) fn news(&mut self, patience: Duration) -> Vec<News> {
        if self
            .group
            .as_ref()
            .is_some_and(|group| group.last.elapsed() >= patience)
        {
            self.news.extend(self.group.take().map(News::Group));
        }
        std::mem::take(&mut self.news)
    }

    /// What is left to tell at the end.
    pub(super) fn rest(&mut self) -> Vec<News> {
        let mut news = self.news(Duration::ZERO);
        if self.unnamed > 0 {
            news.push(News::More(Status::Completed, self.unnamed));
        }
        let many = [
            (Status::Failed, self.failures),
            (Status::Cancelled, self.cancelled),
            (Status::Retrying, self.retries),
        ];
        for (status, count) in many {
            if count > FAILURES {
                news.push(News::More(status, count - FAILURES));
            }
        }
        self.running.clear();
        self.fan_outs.clear();
        news
    }

    /// The steps that run, the longest first.
    pub(super) fn running(&self) -> Vec<(&str, &Running)> {
        let mut running: Vec<_> = self
            .running
            .iter()
            .map(|(name, step)| (name.as_str(), step))
            .collect();
        running.sort_unstable_by_key(|(_, step)| step.order);
        running
    }

    /// The fan-outs whose elements are not all done, the oldest first.
    pub(super) fn fan_outs(&self) -> Vec<(&str, &FanOut)> {
        let under_way = |(name, _): &(&String, &FanOut)| !self.running.contains_key(name.as_str());
        let mut fan_outs: Vec<_> = self.fan_outs.iter().filter(under_way).collect();
        fan_outs.sort_unstable_by_key(|(_, fan_out)| fan_out.order);
        fan_outs
            .into_iter()
            .map(|(name, fan_out)| (name.as_str(), fan_out))
            .collect()
    }
}
