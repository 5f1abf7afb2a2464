//! Support for the tests, and what they share with the programs they start.

pub mod commanded;
pub mod isolated;
pub mod mlflow;
pub mod models;
pub mod plain;
#[cfg(doctest)]
mod readme;
mod server;
pub mod services;
pub mod stores;
pub mod timekeeper;
pub mod torture;

/// Whether a test that needs `what` can run. Where it can't, it says so and is skipped; with `ZEN_TEST_REQUIRE=1` in
/// the environment, as in continuous integration, it fails instead: there, everything must be tested.
///
/// # Panics
/// When `what` is not available but required.
pub fn require(what: &str, available: bool) -> bool {
    let required = std::env::var_os("ZEN_TEST_REQUIRE").is_some_and(|value| value == "1");
    assert!(
        available || !required,
        "{what} is not available, and ZEN_TEST_REQUIRE=1 does not let its test be skipped"
    );
    if !available {
        eprintln!("skipped: {what} is not available");
    }
    available
}

/// An error with its causes, in one line, as people see it.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
