//! A program that updates a service is killed at any moment: one version serves afterwards.

use std::time::{Duration, Instant};

use zen_tests::services::{Greeter, ask};

use super::support::{Guard, SOON, eventually, pid, printed, processes, project};

#[test]
fn whenever_the_one_who_updates_is_killed_one_version_serves() {
    let project = project();
    let service = project.started(&Greeter::new("begin"));
    let url = service.endpoint();
    let id = service.id().to_string();
    // As long as an update takes here and now, and a little more.
    let begun = Instant::now();
    printed(project.servant("update", &[&id, "undisturbed"]));
    let span = begun.elapsed().as_micros() as u64 * 5 / 4;
    let mut random: u64 = std::process::id().into();
    for round in 0..24 {
        let mut update = Guard(
            project
                .servant("update", &[&id, &format!("round{round}")])
                .spawn()
                .unwrap(),
        );
        // Any number will do: what is wanted is many different moments.
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let pause = Duration::from_micros((random >> 33) % span);
        std::thread::sleep(pause);
        let _ = update.0.kill();
        update.0.wait().unwrap();
        let told = format!("round {round}, killed after {pause:?}");
        let mut answer = String::new();
        eventually(&told, || {
            let running = processes(service.id());
            let answered = ask(&service);
            assert!(answered.is_ok(), "{told}: {answered:?}");
            answer = answered.unwrap();
            running.len() == 1 && answer.ends_with(&format!(" {}", running[0]))
        });
        let version = service.record().unwrap().version;
        assert_eq!(answer.split(' ').nth(1).unwrap(), version.to_string(), "{told}");
        assert!(service.is_running(), "{told}");
        assert_eq!(service.endpoint(), url, "{told}");
        if round % 4 == 3 {
            service.update(&Greeter::new("between"), SOON).unwrap();
            assert!(ask(&service).unwrap().starts_with("between "), "{told}");
            eventually("one is left", || processes(service.id()) == [pid(&service)]);
        }
    }
    let statuses = service.versions().unwrap();
    let open = statuses
        .iter()
        .filter(|version| version.live.is_some() && version.ended.is_none());
    assert_eq!(open.count(), 1);
}
