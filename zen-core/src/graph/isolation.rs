//! Whether a step runs in a process of its own, and how that process is set up.

use std::collections::{BTreeMap, BTreeSet};

/// Whether a step's body runs in a fresh process of this program's executable, and with which environment and memory.
///
/// In a process of its own, whatever the body does ends only that attempt: an abort, a stack overflow, running out of memory, a crash in C
/// code. A timeout or a cancellation really ends it, and what it has started. The price is a few milliseconds an attempt, and inputs and
/// outputs that go through the artifact store.
///
/// Set on a step (`#[step(isolation = process)]`), on a call (`.isolation(..)`) or on a whole run
/// ([`Launch::isolation`](crate::runner::Launch::isolation)). Every part is optional: what is not given here comes from the next level (run,
/// then call, then step).
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step(isolation(process, memory = "2GiB", env("OMP_NUM_THREADS" = "1"), inherit("CUDA_VISIBLE_DEVICES")))]
/// fn train(rows: &[f64]) -> f64 { rows.iter().sum() }
///
/// #[pipeline]
/// fn training(rows: Vec<f64>) -> Artifact<f64> {
///     train(rows).isolation(Isolation::process().memory(4 << 30)) // more for this call
/// }
/// # assert!(training(vec![1.0]).graph().is_ok());
/// ```
///
/// # What the process gets
///
/// Its environment is empty but for what every program needs ([`Isolation::ALWAYS_INHERITED`]), the variables named by
/// [`inherit`](Self::inherit), and the values given by [`env`](Self::env). Credentials of the artifact store are handed over separately, and
/// are in no environment. Values given by `env` count in the step's cache key; inherited ones don't. Its working directory is the parent's; its
/// standard input is empty; what it prints goes to the parent's output and to the step's log.
///
/// # What can't be isolated
///
/// A pipeline that another process can't build again (one that is generic, or made by hand), and steps that steer the program they run in,
/// such as the model deployer: when they are asked to be isolated themselves, the run fails at its start, and a run that is isolated as a
/// whole leaves the latter where they are. A component that was added to the stack by hand exists in this process only; an isolated step
/// finds the stack, its stores and, by asking its parent, its secrets, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Isolation {
    /// Whether the body runs in a process of its own. Off by default.
    pub process: Option<bool>,
    /// The most memory the process may allocate, in bytes; none for no limit. Linux only.
    pub memory: Option<u64>,
    /// Variables of the process's environment.
    pub env: BTreeMap<String, String>,
    /// Variables that are taken over from this process's environment when they are set.
    pub inherit: BTreeSet<String>,
}

impl Isolation {
    /// The variables every isolated step gets, as far as they are set. A name that ends in `*` stands for all that begin so.
    pub const ALWAYS_INHERITED: &'static [&'static str] = &[
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LC_*",
        "TZ",
        "TMPDIR",
        "TERM",
        "NO_COLOR",
        "RUST_BACKTRACE",
        "RUST_LOG",
        "LD_LIBRARY_PATH",
        "DYLD_*",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "ZEN_HOME",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ];

    /// In a process of its own.
    pub fn process() -> Self {
        Self {
            process: Some(true),
            ..Self::default()
        }
    }

    /// In the program's own process (the default).
    pub fn none() -> Self {
        Self {
            process: Some(false),
            ..Self::default()
        }
    }

    /// The most memory the process may allocate, in bytes. An allocation beyond it fails, which ends a Rust program. Counted is what the
    /// program has allocated (Linux's `RLIMIT_DATA`), its threads' stacks among it; files mapped for reading are not. Linux only: elsewhere
    /// a step with a limit fails.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Sets a variable of the process's environment. It counts in the step's cache key and is recorded with it, so a secret is written as a
    /// reference `{{name.key}}`, which is resolved for the process alone; the step can also ask with `ctx.secret("name.key")`.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Takes a variable over from this process's environment when it is set there.
    #[must_use]
    pub fn inherit(mut self, name: impl Into<String>) -> Self {
        self.inherit.insert(name.into());
        self
    }

    /// This, and what it leaves open from `lower`.
    #[must_use]
    pub fn over(&self, lower: &Self) -> Self {
        let mut env = lower.env.clone();
        env.extend(self.env.clone());
        Self {
            process: self.process.or(lower.process),
            memory: self.memory.or(lower.memory),
            env,
            inherit: self.inherit.union(&lower.inherit).cloned().collect(),
        }
    }

    /// Why this can't be, if so.
    pub(crate) fn fault(&self) -> Option<String> {
        let names = self.env.keys().chain(&self.inherit);
        for name in names {
            if name.is_empty() || name.contains(['=', '\0']) {
                return Some(format!("`{name}` is no name of an environment variable"));
            }
        }
        if let Some((name, _)) = self.env.iter().find(|(_, value)| value.contains('\0')) {
            return Some(format!("the value of `{name}` holds a zero byte"));
        }
        (self.memory == Some(0)).then(|| "a process needs more memory than none".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_level_counts() {
        let step = Isolation::process()
            .memory(1)
            .env("A", "1")
            .env("B", "1")
            .inherit("C");
        let call = Isolation::default().memory(2).env("A", "2");
        let both = call.over(&step);
        assert_eq!((both.process, both.memory), (Some(true), Some(2)));
        assert_eq!(both.env["A"], "2");
        assert_eq!(both.env["B"], "1");
        assert!(both.inherit.contains("C"));
        assert_eq!(Isolation::none().over(&step).process, Some(false));
    }

    #[test]
    fn what_no_process_can_have_is_refused() {
        assert_eq!(Isolation::process().env("A", "").fault(), None);
        for wrong in [
            Isolation::process().env("A=B", ""),
            Isolation::process().inherit(""),
            Isolation::process().env("A", "\0"),
            Isolation::process().memory(0),
        ] {
            assert!(wrong.fault().is_some());
        }
    }
}
