//! Reading a service's log.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use zen_core::prelude::*;
use zen_core::service::ServiceError;
use zen_tests::services::{Greeter, Scribe, Trouble, Troublemaker};

use super::support::{SOON, kill, pid, project};

/// Lets a scribe write lines, each of which is in the log when this is back. A `$` at the end leaves the line open.
pub fn dictate(service: &Service, lines: &[&str]) {
    let endpoint = service.endpoint().unwrap();
    let mut visit = BufReader::new(TcpStream::connect((endpoint.host.as_str(), endpoint.port)).unwrap());
    for line in lines {
        visit.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        visit.read_line(&mut answer).unwrap();
        assert_eq!(answer, "written\n");
    }
}

fn tail(service: &Service, count: usize) -> Vec<String> {
    service.logs(false, Some(count)).unwrap().collect()
}

#[test]
fn the_last_lines() {
    let project = project();
    let service = project.service(&Scribe);
    let error = service.logs(false, None).unwrap_err();
    assert!(matches!(error, ServiceError::NotRunning { .. }), "{error:?}");
    service.start(SOON).unwrap();
    let before: Vec<String> = service.logs(false, None).unwrap().collect();
    assert!(before[0].contains("scribe version 1 of service"), "{before:?}");
    let long = "x".repeat(60_000);
    let longer = "é".repeat(100_000);
    dictate(&service, &["one", "", "three", &long, "five", &longer, "seven"]);
    assert_eq!(tail(&service, 0), Vec::<String>::new());
    assert_eq!(tail(&service, 1), ["seven"]);
    let lines = tail(&service, 5);
    assert_eq!(
        (lines[0].as_str(), &lines[1], lines[2].as_str()),
        ("three", &long, "five")
    );
    // Nobody reads further than 64 KiB into a line, and the line after it is whole.
    assert!(
        lines[3].len() >= 60_000 && lines[3].starts_with("éé"),
        "{}",
        lines[3].len()
    );
    assert_eq!(tail(&service, 7)[..2], ["one", ""]);
    let all: Vec<String> = service.logs(false, None).unwrap().collect();
    assert_eq!(all.len(), before.len() + 7);
    assert_eq!(tail(&service, 1000), all);
    service.stop(SOON, false).unwrap();
    assert!(
        tail(&service, 1)[0].contains("version 1 ends"),
        "a stopped service has its log"
    );
}

#[test]
fn of_a_start_that_failed() {
    let project = project();
    let service = project.service(&Troublemaker(Trouble::Fail("no".into())));
    service.start(SOON).unwrap_err();
    let log: Vec<String> = service.logs(false, None).unwrap().collect();
    assert!(
        log.iter().any(|line| line == "about to do this: Fail(\"no\")"),
        "{log:?}"
    );
    assert_eq!(log.last().unwrap(), "error: no");
    let followed: Vec<String> = service.logs(true, None).unwrap().collect();
    assert_eq!(followed, log, "nothing more comes");
}

#[test]
fn lines_are_followed_as_they_come_until_the_end() {
    let project = project();
    for killed in [false, true] {
        let service = project.started(&Scribe);
        dictate(&service, &["before", "half a$"]);
        let mut lines = service.logs(true, Some(1)).unwrap();
        assert_eq!(lines.next().unwrap(), "before");
        dictate(&service, &[" line$", " and its end"]);
        assert_eq!(lines.next().unwrap(), "half a line and its end");
        for number in 0..50 {
            dictate(&service, &[&format!("line {number}")]);
            assert_eq!(lines.next().unwrap(), format!("line {number}"));
        }
        dictate(&service, &["never ended$"]);
        let rest = match killed {
            true => {
                kill(pid(&service));
                "never ended"
            }
            false => {
                service.stop(SOON, false).unwrap();
                "never endedzen: asked to stop (SIGTERM)"
            }
        };
        let rest_read: Vec<String> = lines.collect();
        assert_eq!(rest_read[0], rest);
        assert!(killed || rest_read.last().unwrap().contains("version 1 ends"));
    }
}

#[test]
fn the_log_of_one_that_never_ended_a_line_is_read_too() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    let path = project.folder_of(&service).join("v1.log");
    std::fs::write(&path, [b"\xff\xfe".as_slice(), &vec![b'z'; 200_000]].concat()).unwrap();
    let line = tail(&service, 1).pop().unwrap();
    assert!(line.starts_with('\u{fffd}') && line.len() > 60_000);
    std::fs::write(&path, "").unwrap();
    assert_eq!(tail(&service, 3), Vec::<String>::new());
}
