//! Servers that tests start.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Runs the program, says its process id, and ends it when this process does, in whatever way: then the pipe to the shell's input is
/// closed. If it leads a process group, the group ends with it. What the program keeps is removed.
const KEEPER: &str = r#"
leavings="$1"; log="$2"; shift 2
"$@" </dev/null >"$log" 2>&1 &
echo "$!"
read -r ending
kill -9 "-$!" 2>/dev/null
kill -9 "$!" 2>/dev/null
wait "$!" 2>/dev/null
[ "$ending" = again ] || rm -rf $leavings
"#;

/// A running server. It ends when this is dropped, or with this process.
#[derive(Debug)]
pub(crate) struct Server {
    shell: Child,
    id: String,
    log: PathBuf,
}

impl Server {
    /// `leavings` are what it leaves behind: paths, which the shell expands.
    pub(crate) fn start(program: &mut Command, leavings: &str, log: &Path) -> Self {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", KEEPER, "keeper", leavings])
            .arg(log)
            .arg(program.get_program())
            .args(program.get_args());
        for (name, value) in program.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        let mut shell = shell
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut id = String::new();
        BufReader::new(shell.stdout.take().unwrap())
            .read_line(&mut id)
            .unwrap();
        Self {
            shell,
            id: id.trim().to_owned(),
            log: log.to_owned(),
        }
    }

    /// Whether it has not ended by itself.
    fn is_alive(&self) -> bool {
        // A child that ended is the shell's zombie until the shell ends.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id));
        match stat {
            Ok(stat) => !stat.contains(") Z "),
            Err(_) => Command::new("kill")
                .args(["-0", &self.id])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success()),
        }
    }

    /// Waits until it can be used; false when it ended, as it does when another process took one of its ports.
    pub(crate) fn becomes(&self, is_ready: impl Fn() -> bool) -> bool {
        let begun = Instant::now();
        while self.is_alive() {
            if is_ready() {
                return true;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "not ready after a minute: {}",
                std::fs::read_to_string(&self.log).unwrap_or_default()
            );
            // Asking without a pause would take the time that the server needs to start.
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Sends a signal, such as `-STOP`, to its process group, which it leads.
    pub(crate) fn signal(&self, signal: &str) {
        let group = format!("-{}", self.id);
        let sent = Command::new("kill").args([signal, "--", &group]).status();
        assert!(sent.unwrap().success(), "the group of {} is there", self.id);
    }

    /// Kills it, as a crash would, and leaves its data for another one.
    pub(crate) fn crash(mut self) {
        let _ = self.shell.stdin.take().unwrap().write_all(b"again\n");
        self.shell.wait().unwrap();
        // The shell has waited for it.
        assert!(!self.is_alive(), "a killed server is gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Ports that were free a moment ago, all different. Hold `starting` until the server has them.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let held = [(); N].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// Only one server at a time looks for ports.
pub(crate) fn starting() -> MutexGuard<'static, ()> {
    static STARTING: Mutex<()> = Mutex::new(());
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program that a variable of the environment names. Without, the test is skipped, or fails when `ZEN_TEST_REQUIRE` is set, unless
/// `.ci/run` said by `.._MISSING` that it can't be had on this machine.
pub(crate) fn program(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).filter(|path| !path.is_empty());
    if path.is_none() && std::env::var_os(format!("{variable}_MISSING")).is_some() {
        eprintln!("skipped: {variable} names no program, and none can be had here");
        return None;
    }
    crate::require(&format!("the program named by {variable}"), path.is_some());
    path.map(PathBuf::from)
}
