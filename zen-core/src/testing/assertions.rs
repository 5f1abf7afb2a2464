//! Assertions on hits and misses.

use crate::client::RunView;
use crate::metadata::Status;

/// Every one of these steps was taken from the cache.
///
/// # Panics
/// When one wasn't; the message says why not.
#[track_caller]
pub fn assert_cached(run: &RunView, steps: &[&str]) {
    steps
        .iter()
        .for_each(|step| assert_status(run, step, Status::Cached));
}

/// Every one of these steps was executed.
///
/// # Panics
/// When one wasn't.
#[track_caller]
pub fn assert_executed(run: &RunView, steps: &[&str]) {
    steps
        .iter()
        .for_each(|step| assert_status(run, step, Status::Completed));
}

/// Every one of these steps has this status.
///
/// # Panics
/// When one hasn't.
#[track_caller]
pub fn assert_statuses(run: &RunView, expected: &[(&str, Status)]) {
    expected
        .iter()
        .for_each(|(step, status)| assert_status(run, step, *status));
}

#[track_caller]
fn assert_status(run: &RunView, step: &str, expected: Status) {
    match run.step(step) {
        Err(error) => panic!("{error}"),
        Ok(found) if found.status() == expected => {}
        Ok(found) => {
            let why = run.explain(step).map(|why| why.to_string()).unwrap_or_default();
            panic!(
                "step `{step}` is {}, not {expected}: {}\n{why}",
                found.status(),
                found.error().unwrap_or("no error")
            );
        }
    }
}
