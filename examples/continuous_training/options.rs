//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use zen_core::prelude::*;
use zen_core::schedule::{Schedule, Tz};

/// How long it goes on unless it is said otherwise.
const BOUND: Duration = Duration::from_secs(25);

/// Trains again whenever data has come in, by the clock, and deploys what is better than what is served.
#[derive(Debug, Clone, Parser)]
#[command(name = "continuous_training")]
pub(crate) struct Options {
    /// How often to train
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = time, conflicts_with = "cron")]
    pub(crate) every: Duration,

    /// When to train, as in a crontab, until SIGTERM or Ctrl-C: "0 2 * * 1-5"
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) cron: Option<String>,

    /// The zone of --cron and of the times that are shown
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) timezone: Tz,

    /// How often to predict the batch
    #[arg(long, value_name = "TIME", default_value = "7s", value_parser = time)]
    pub(crate) batch_every: Duration,

    /// For how long, 25s unless --cron is given
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) time: Option<Duration>,

    /// The folder to train with, which somebody fills with .csv files
    ///
    /// Without it, a collector delivers images into the folder `incoming` beside the project's `.zen`.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,

    /// The accuracy that a model needs besides being better than the served one
    #[arg(long, value_name = "SHARE", default_value_t = 0.7, value_parser = share)]
    pub(crate) min_accuracy: f64,

    /// The address that the server listens on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,

    /// The port that the server listens on, 0 for any free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// Stop the server instead
    #[arg(long)]
    pub(crate) stop_service: bool,
}

impl Options {
    /// How long it goes on; none: until it is told to stop.
    pub(crate) fn bound(&self) -> Option<Duration> {
        self.time.or_else(|| self.cron.is_none().then_some(BOUND))
    }

    /// When to train.
    pub(crate) fn training(&self) -> Result<Schedule> {
        let schedule = match &self.cron {
            Some(expression) => Schedule::cron(expression)?,
            None => Schedule::every(self.every)?,
        };
        Ok(schedule.in_timezone(self.timezone))
    }

    /// The folder to train with, by a path that means the same in every process.
    pub(crate) fn folder(&self) -> Result<String> {
        let folder = match &self.data {
            Some(folder) if !folder.is_dir() => {
                return Err(format!("{}: there is no such folder", folder.display()).into());
            }
            Some(folder) => folder.clone(),
            None => {
                let stack = Stack::active()?;
                let home = stack.home().ok_or("the project has no folder")?;
                home.with_file_name("incoming")
            }
        };
        let folder = std::path::absolute(folder)?;
        let words = folder.to_str().map(str::to_owned);
        words.ok_or_else(|| format!("{}: the path is not UTF-8", folder.display()).into())
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let milliseconds = match &text[digits.len()..] {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60 * 1000),
        "h" => Some(3600 * 1000),
        _ => None,
    };
    let number = digits.parse().ok().filter(|number: &u64| *number > 0);
    match (number, milliseconds) {
        (Some(number), Some(unit)) => number
            .checked_mul(unit)
            .map(Duration::from_millis)
            .ok_or_else(|| "too long".to_owned()),
        _ => Err("not a time above 0 like 500ms, 3s, 2m or 1h".into()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("not a number from 0 to 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Options, clap::Error> {
        Options::try_parse_from([&["it"], arguments].concat())
    }

    #[test]
    fn it_ends_by_itself_unless_a_crontab_is_given() {
        assert_eq!(of(&[]).unwrap().bound(), Some(BOUND));
        let cron = of(&["--cron", "0 2 * * 1-5", "--timezone", "Europe/Berlin"]).unwrap();
        assert_eq!(cron.bound(), None);
        assert_eq!(
            cron.training().unwrap().to_string(),
            "at 02:00, Monday to Friday, Europe/Berlin"
        );
        let both = of(&["--cron", "* * * * * *", "--for", "2m"]).unwrap();
        assert_eq!(both.bound(), Some(Duration::from_secs(120)));
    }

    #[test]
    fn times_have_units() {
        for (text, milliseconds) in [("500ms", 500), ("3s", 3000), ("2m", 120_000), ("1h", 3_600_000)] {
            assert_eq!(time(text), Ok(Duration::from_millis(milliseconds)));
        }
        for wrong in ["", "3", "s", "0s", "-1s", "3 s", "1d", "18446744073709551615h"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_folder_has_to_be_there() {
        let error = of(&["--data", "no/such"]).unwrap().folder().unwrap_err();
        assert_eq!(error.to_string(), "no/such: there is no such folder");
        let here = of(&["--data", "."]).unwrap().folder().unwrap();
        assert!(std::path::Path::new(&here).is_absolute(), "{here}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            &["--every", "3s", "--cron", "@daily"][..],
            &["--min-accuracy", "1.5"],
            &["--timezone", "Europe/Nowhere"],
        ] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
        assert!(of(&["--cron", "61 * * * *"]).unwrap().training().is_err());
    }
}
