//! A program on a pseudo-terminal, and the screen that a person would see.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU16;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::eventually;

/// What the terminal showed so far.
struct Seen {
    screen: vt100::Parser,
    raw: Vec<u8>,
}

pub struct Terminal {
    child: Child,
    master: File,
    seen: Arc<Mutex<Seen>>,
    reader: Option<std::thread::JoinHandle<()>>,
    pub folder: tempfile::TempDir,
}

fn nonzero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// The program, with nothing of this process's environment that changes what it prints.
pub fn program(what: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_progress"));
    command.arg(what).arg(folder).env("ZEN_HOME", folder.join(".zen"));
    for name in ["CI", "ZEN_PROGRESS", "RUST_LOG", "LC_ALL", "LC_CTYPE"] {
        command.env_remove(name);
    }
    command
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .env("NO_COLOR", "1");
    command
}

impl Terminal {
    pub fn start(what: &str, columns: u16, rows: u16, set: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, size(columns, rows)).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let name = PathBuf::from(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let slave = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
        let mut command = program(what, folder.path());
        command.stdin(slave()).stdout(slave()).stderr(slave());
        set(&mut command);
        let child = command.spawn().unwrap();
        // The terminal ends with the last process that has it open, and this one is none of them.
        drop(command);
        let master = File::from(master);
        let seen = Arc::new(Mutex::new(Seen {
            screen: vt100::Parser::new(nonzero(rows), nonzero(columns), 10_000),
            raw: Vec::new(),
        }));
        let (into, mut from) = (Arc::clone(&seen), master.try_clone().unwrap());
        let reader = std::thread::spawn(move || {
            let mut block = [0; 4096];
            // Reading fails when the other end has been closed.
            while let Ok(read @ 1..) = from.read(&mut block) {
                let mut seen = into.lock().unwrap();
                seen.screen.process(&block[..read]);
                seen.raw.extend_from_slice(&block[..read]);
            }
        });
        Self {
            child,
            master,
            seen,
            reader: Some(reader),
            folder,
        }
    }

    /// The lines of the screen, none of which is wrapped, without empty ones at its end.
    pub fn lines(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let screen = seen.screen.screen();
        for row in 0..screen.size().0.get() {
            assert!(
                !screen.row_wrapped(row),
                "row {row} is wrapped:\n{}",
                screen.contents()
            );
        }
        Self::rows(screen)
    }

    fn rows(screen: &vt100::Screen) -> Vec<String> {
        let (_, columns) = screen.size();
        let mut lines: Vec<String> = screen
            .rows(0, columns.get())
            .map(|line| line.trim_end().to_owned())
            .collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    /// Waits until some line of the screen has this text, and returns the screen.
    #[track_caller]
    pub fn shows(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let begun = std::time::Instant::now();
        while begun.elapsed().as_secs() < 60 {
            lines = self.lines();
            if lines.iter().any(|line| line.contains(text)) {
                return lines;
            }
            std::thread::yield_now();
        }
        panic!("no `{text}` within a minute, but\n{}", lines.join("\n"));
    }

    /// Lets the steps that wait for it go on.
    pub fn open(&self, gate: &str) {
        File::create(self.folder.path().join(gate)).unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        let mut seen = self.seen.lock().unwrap();
        seen.screen.set_size(nonzero(rows), nonzero(columns));
        tcsetwinsize(&self.master, size(columns, rows)).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// All bytes that were written to the terminal so far.
    pub fn raw(&self) -> Vec<u8> {
        self.seen.lock().unwrap().raw.clone()
    }

    /// Waits for the program's end; the cursor is visible, and below everything.
    pub fn end(&mut self) -> (ExitStatus, Vec<String>) {
        eventually("the program ends", || self.child.try_wait().unwrap().is_some());
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        let seen = self.seen.lock().unwrap();
        let screen = seen.screen.screen();
        // The error that the program prints in the end may well be longer than a line.
        let lines = Self::rows(screen);
        assert!(!screen.hide_cursor());
        let (rows, _) = screen.size();
        let below = lines.len().min(usize::from(rows.get()) - 1);
        assert_eq!(
            screen.cursor_position(),
            (u16::try_from(below).unwrap(), 0),
            "{}",
            lines.join("\n")
        );
        (status, lines)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
