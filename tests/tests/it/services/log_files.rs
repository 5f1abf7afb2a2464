//! The files of a log: few, small, and going on.

use std::time::Duration;

use zen_core::prelude::*;
use zen_core::service::{LocalOptions, LogLimits};
use zen_tests::services::{Greeter, Scribe};

use super::logs::dictate;
use super::support::{Project, SOON, eventually, project};

fn options(bytes: u64, files: u32) -> LocalOptions {
    LocalOptions {
        log: LogLimits { bytes, files },
        drain: Duration::from_secs(30),
        ..LocalOptions::default()
    }
}

/// The names of the log's files, and their sizes.
fn files(project: &Project, service: &Service) -> Vec<(String, u64)> {
    let entries = std::fs::read_dir(project.folder_of(service)).unwrap().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            Some((
                entry.file_name().into_string().unwrap(),
                entry.metadata().ok()?.len(),
            ))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_full_file_is_put_aside_and_the_oldest_removed() {
    let project = project();
    let service = Service::local_with(&project.stack, "scribe", &Scribe, options(1000, 2)).unwrap();
    service.start(SOON).unwrap();
    let mut lines = service.logs(true, Some(0)).unwrap();
    let mut number = 0;
    for round in 0..4 {
        // More than a file may have, and then no more until it has been put aside.
        let text: Vec<String> = (0..30).map(|line| format!("{:060}", number + line)).collect();
        let text: Vec<&str> = text.iter().map(String::as_str).collect();
        dictate(&service, &text);
        for _ in 0..30 {
            // Whoever follows misses nothing when the file changes.
            assert_eq!(lines.next().unwrap(), format!("{number:060}"));
            number += 1;
        }
        eventually("a new file is begun", || {
            files(&project, &service)
                .first()
                .is_some_and(|(name, size)| name == "v1.log" && *size == 0)
        });
        let names: Vec<String> = files(&project, &service)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let expected: &[&str] = match round {
            0 => &["v1.log", "v1.log.1"],
            _ => &["v1.log", "v1.log.1", "v1.log.2"],
        };
        assert_eq!(names, expected);
    }
    dictate(&service, &["the newest"]);
    let all: Vec<String> = service.logs(false, None).unwrap().collect();
    assert_eq!(all.len(), 61, "of two full files and the current one");
    assert_eq!(all.last().unwrap(), "the newest");
    let tail: Vec<String> = service.logs(false, Some(32)).unwrap().collect();
    assert_eq!(tail, all[29..], "across files");
}

#[test]
fn without_further_files_only_the_current_one_is_kept() {
    let project = project();
    let service = Service::local_with(&project.stack, "scribe", &Scribe, options(1, 0)).unwrap();
    service.start(SOON).unwrap();
    eventually("what it said at the start is gone", || {
        files(&project, &service) == [("v1.log".to_owned(), 0)]
    });
    assert!(service.is_running());
}

#[test]
fn a_talkative_start_is_bounded_too() {
    let project = project();
    let greeter = Greeter {
        chatter: (100, 5000),
        ..Greeter::new("hello")
    };
    let service = Service::local_with(&project.stack, "greeter", &greeter, options(10_000, 1)).unwrap();
    service.start(SOON).unwrap();
    eventually("the full file is put aside", || {
        files(&project, &service).len() == 2
    });
    service.stop(SOON, false).unwrap();
    let lines: Vec<String> = service.logs(false, None).unwrap().collect();
    assert!(lines.iter().any(|line| line == "the last greeting has been said"));
}

#[test]
fn the_logs_of_versions_long_gone_are_removed() {
    let project = project();
    let service = project.started(&Greeter::new("v1"));
    for number in 2..=8 {
        service.stop(SOON, true).unwrap();
        service
            .update(&Greeter::new(&format!("v{number}")), SOON)
            .unwrap();
    }
    let names: Vec<String> = files(&project, &service)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["v4.log", "v5.log", "v6.log", "v7.log", "v8.log"]);
}
