//! Somebody who brings new images into the folder: what a project has outside the pipeline.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use zen_core::prelude::*;
use zen_examples::digits::{CLASSES, DATA, Images, importer};

/// How the collector's files begin. It touches no others.
const PREFIX: &str = "delivery-";

/// What the collector does between two slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    /// Brings so many images.
    Images(usize),
    /// Brings so many images with wrong labels.
    Mislabelled(usize),
    /// Brings the last ones again, this time with the right labels.
    Corrected,
    /// Brings nothing.
    Nothing,
}

/// What comes in, one after the other.
const PLAN: [Delivery; 7] = [
    Delivery::Images(60),
    Delivery::Images(140),
    Delivery::Nothing,
    Delivery::Mislabelled(300),
    Delivery::Corrected,
    Delivery::Nothing,
    Delivery::Images(698),
];

/// Delivers images into a folder, according to a plan.
#[derive(Debug)]
pub(crate) struct Collector {
    folder: PathBuf,
    images: Images,
    /// How much of the plan is done.
    done: usize,
    /// The images that are in the folder.
    delivered: usize,
    /// How many came last.
    last: usize,
}

impl Collector {
    /// Begins anew, with the first delivery.
    pub(crate) fn start(folder: &str) -> Result<Self> {
        let folder = PathBuf::from(folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        clear(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut collector = Self {
            folder,
            images: importer(DATA)?.train,
            done: 0,
            delivered: 0,
            last: 0,
        };
        collector.deliver()?;
        Ok(collector)
    }

    /// The next delivery, in words; none when nothing is left.
    pub(crate) fn deliver(&mut self) -> Result<Option<String>> {
        let Some(delivery) = PLAN.get(self.done) else {
            return Ok(None);
        };
        self.done += 1;
        let (from, count, shift) = match *delivery {
            Delivery::Nothing => return Ok(Some("brings nothing".into())),
            Delivery::Images(count) => (self.delivered, count, 0),
            Delivery::Mislabelled(count) => (self.delivered, count, 1),
            Delivery::Corrected => (self.delivered - self.last, self.last, 0),
        };
        let to = (from + count).min(self.images.digits.len());
        self.write(from, &self.csv(from, to, shift)?)?;
        (self.delivered, self.last) = (to, to - from);
        let count = self.last;
        Ok(Some(match delivery {
            Delivery::Mislabelled(_) => format!("delivers {count} images with wrong labels"),
            Delivery::Corrected => format!("corrects the labels of the last {count} images"),
            _ => format!("delivers {count} images"),
        }))
    }

    fn path(&self, from: usize) -> PathBuf {
        self.folder.join(format!("{PREFIX}{from:04}.csv"))
    }

    /// The images as text, their labels shifted.
    fn csv(&self, from: usize, to: usize, shift: usize) -> Result<String> {
        let mut csv = String::new();
        for (pixels, digit) in self.images.pixels[from..to]
            .iter()
            .zip(&self.images.digits[from..to])
        {
            for pixel in pixels {
                write!(csv, "{pixel},")?;
            }
            writeln!(csv, "{}", (usize::from(*digit) + shift) % CLASSES)?;
        }
        Ok(csv)
    }

    /// Puts a whole file into the folder at once: a run may be reading it.
    fn write(&self, from: usize, csv: &str) -> Result<()> {
        let partial = self.folder.with_extension("partial");
        fs::write(&partial, csv).map_err(|error| format!("{}: {error}", partial.display()))?;
        let path = self.path(from);
        fs::rename(&partial, &path).map_err(|error| format!("{}: {error}", path.display()).into())
    }
}

/// Removes what was delivered before, and nothing else.
fn clear(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with(PREFIX) && name.ends_with(".csv") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{importer as read, snapshot};

    #[test]
    fn everything_is_delivered_in_the_end_with_the_right_labels() {
        let folder = std::env::temp_dir().join(format!("zen-collector-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for name in ["delivery-9999.csv", "notes.txt"] {
            fs::write(folder.join(name), "somebody's").unwrap();
        }
        let path = folder.to_str().unwrap().to_owned();
        let mut collector = Collector::start(&path).unwrap();
        let images = || read(&snapshot(&path).unwrap()).unwrap();
        let mut counts = vec![images().digits.len()];
        let mut wrong = Vec::new();
        while collector.deliver().unwrap().is_some() {
            let images = images();
            let pairs = images.digits.iter().zip(&collector.images.digits);
            wrong.push(pairs.filter(|(is, should)| is != should).count());
            counts.push(images.digits.len());
        }
        let notes = folder.join("notes.txt").exists();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(counts, [60, 200, 200, 500, 500, 500, 1198]);
        assert_eq!(wrong, [0, 0, 300, 0, 0, 0]);
        assert!(notes, "what isn't the collector's stays");
    }
}
