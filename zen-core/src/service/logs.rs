//! Reading logs from their end, and as they grow.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::secrets::redact_string;

/// No line of a log is read further than this.
const LONGEST: usize = 64 << 10;

/// The n-th full file of a log: 1 is the newest.
pub(super) fn rotated(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// The last lines of a file; empty when it can't be read.
pub(super) fn last_lines(path: &Path, count: usize) -> Vec<String> {
    File::open(path)
        .and_then(|mut file| {
            let size = file.metadata()?.len();
            read_last(&mut file, size, count)
        })
        .unwrap_or_default()
}

/// The last lines of the first `size` bytes.
fn read_last(mut file: &mut File, size: u64, count: usize) -> io::Result<Vec<String>> {
    let mut span: u64 = 16 << 10;
    loop {
        let start = size.saturating_sub(span);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        (&mut file).take(size - start).read_to_end(&mut bytes)?;
        let mut lines: Vec<&[u8]> = bytes
            .strip_suffix(b"\n")
            .unwrap_or(&bytes)
            .split(|byte| *byte == b'\n')
            .collect();
        if start > 0 {
            // It began before.
            lines.remove(0);
        }
        if lines.len() >= count || start == 0 {
            let skip = lines.len().saturating_sub(count);
            let lines = lines.into_iter().skip(skip);
            let lines = lines.filter(|line| start > 0 || !line.is_empty() || size > 0);
            return Ok(lines.map(text).collect());
        }
        span = span.saturating_mul(4);
    }
}

/// How many of the first `size` bytes are complete lines.
fn complete(mut file: &mut File, size: u64) -> io::Result<u64> {
    let start = size.saturating_sub(LONGEST as u64);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    (&mut file).take(size - start).read_to_end(&mut bytes)?;
    Ok(match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => start + end as u64 + 1,
        None if start == 0 => 0,
        // Longer than any line is read.
        None => size,
    })
}

fn text(line: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&line[..line.len().min(LONGEST)]).into_owned();
    // What user's code printed there is shown by this process now, which may know what is secret of it.
    redact_string(&mut text);
    text
}

/// The lines of a log, oldest first; when it follows, until the service's process has ended and everything is read.
pub struct LogLines {
    waiting: std::vec::IntoIter<String>,
    follow: Option<Follow>,
}

struct Follow {
    path: PathBuf,
    file: Option<File>,
    partial: Vec<u8>,
    /// Another file has its name since the last reading.
    replaced: bool,
    is_alive: Box<dyn FnMut() -> bool + Send>,
}

impl std::fmt::Debug for LogLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogLines")
            .field("follow", &self.follow.is_some())
            .finish_non_exhaustive()
    }
}

impl LogLines {
    /// The lines of the log's files, the last `tail` of them when it is given, and the ones to come while `follow` says that the process
    /// lives.
    pub(super) fn open(
        path: &Path,
        files: u32,
        tail: Option<usize>,
        follow: Option<Box<dyn FnMut() -> bool + Send>>,
    ) -> io::Result<Self> {
        let mut lines = Vec::new();
        let count = tail.unwrap_or(usize::MAX);
        let mut current = None;
        let mut found = false;
        for number in 0..=files {
            let part = match number {
                0 => path.to_owned(),
                number => rotated(path, number),
            };
            let mut file = match File::open(&part) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            found = true;
            let mut size = file.metadata()?.len();
            if number == 0 && follow.is_some() {
                // The line that is being written comes as a whole, later.
                size = complete(&mut file, size)?;
            }
            let mut earlier = read_last(&mut file, size, count - lines.len().min(count))?;
            earlier.append(&mut lines);
            lines = earlier;
            if number == 0 {
                // What comes after what has just been read is what follows.
                file.seek(SeekFrom::Start(size))?;
                current = Some(file);
            }
            if lines.len() >= count {
                break;
            }
        }
        if !found && follow.is_none() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "there is no log"));
        }
        let follow = follow.map(|is_alive| Follow {
            path: path.to_owned(),
            file: current,
            partial: Vec::new(),
            replaced: false,
            is_alive,
        });
        Ok(Self {
            waiting: lines.into_iter(),
            follow,
        })
    }
}

impl Iterator for LogLines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.waiting.next() {
                return Some(line);
            }
            let follow = self.follow.as_mut()?;
            // Asked before reading: what it wrote last is read after it has ended.
            let alive = (follow.is_alive)();
            let lines = follow.read();
            if lines.is_empty() {
                if !alive && !follow.replaced {
                    let rest = std::mem::take(&mut follow.partial);
                    self.follow = None;
                    return (!rest.is_empty()).then(|| text(&rest));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            self.waiting = lines.into_iter();
        }
    }
}

impl Follow {
    /// The lines that have come since.
    fn read(&mut self) -> Vec<String> {
        let mut bytes = Vec::new();
        if let Some(file) = &mut self.file {
            // What can't be read now is tried again.
            let _ = file.read_to_end(&mut bytes);
        }
        // When nothing more comes from this file, a new one may have taken its name. The process goes over to it a moment later: so this
        // one is read once more before it is left.
        if bytes.is_empty() {
            let replaced = self.was_replaced();
            if replaced && (self.replaced || self.file.is_none()) {
                self.file = File::open(&self.path).ok();
                if let Some(file) = &mut self.file {
                    let _ = file.read_to_end(&mut bytes);
                }
            }
            self.replaced = replaced && !self.replaced;
        }
        self.partial.extend_from_slice(&bytes);
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else {
            // No line is given further than this.
            self.partial.truncate(LONGEST);
            return Vec::new();
        };
        let rest = self.partial.split_off(end + 1);
        let complete = std::mem::replace(&mut self.partial, rest);
        complete[..end].split(|byte| *byte == b'\n').map(text).collect()
    }

    fn was_replaced(&self) -> bool {
        let Ok(named) = std::fs::metadata(&self.path) else {
            return false;
        };
        match self.file.as_ref().map(File::metadata) {
            Some(Ok(open)) => !is_same(&open, &named),
            _ => true,
        }
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.created().ok() == other.created().ok()
}
