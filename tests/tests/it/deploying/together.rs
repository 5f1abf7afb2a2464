//! Programs that deploy the same model at the same time.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zen_core::prelude::*;
use zen_tests::models::{Line, deploying};

use super::project::{Project, SOON};

/// A program of its own, which is ended when the test is.
struct Program(Child);

impl Program {
    fn deploys(project: &Project, slope: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_servant"));
        command.arg("line").arg(project.stack.home().unwrap()).arg(slope);
        Self(
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        )
    }

    /// Its output, when it succeeded.
    fn output(mut self) -> String {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut self.0.stdout.take().unwrap(), &mut text).unwrap();
        let mut errors = String::new();
        std::io::Read::read_to_string(&mut self.0.stderr.take().unwrap(), &mut errors).unwrap();
        assert!(self.0.wait().unwrap().success(), "{errors}");
        text.trim().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn four_programs_deploy_to_one_server_one_after_the_other() {
    let project = Project::new();
    let programs: Vec<_> = (1..=4)
        .map(|slope| Program::deploys(&project, &slope.to_string()))
        .collect();
    let ids: Vec<String> = programs.into_iter().map(Program::output).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let service: Service<Line> = Service::find(&project.stack, ids[0].parse().unwrap()).unwrap();
    let versions = service.versions().unwrap();
    assert_eq!(versions.len(), 4);
    let record = service.record().unwrap();
    assert_eq!(record.version, 4);
    // Who came last is what answers, and all four runs are remembered.
    let model = record.model_digest;
    assert_eq!(versions.last().unwrap().model_digest, model);
    let mut runs: Vec<_> = versions.iter().map(|version| version.run.unwrap()).collect();
    runs.dedup();
    assert_eq!(runs.len(), 4);
    let slope = service.predict_one(&1.0).unwrap();
    let last = deploying(Line::new(slope), DeployConfig::named("line"))
        .on(&project.stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let same = last.output().await.unwrap();
    assert_eq!(
        same.record().unwrap().version,
        4,
        "the model that answers is the one that is recorded"
    );
}

#[tokio::test]
async fn a_program_that_is_killed_midway_holds_nobody_up() {
    let project = Project::new();
    let run = deploying(Line::new(2.0), DeployConfig::named("line"))
        .on(&project.stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let service = run.output().await.unwrap();
    let mut frozen = Program::deploys(&project, "frozen");
    let patience = Instant::now() + SOON;
    let starting = loop {
        let newest = service.versions().unwrap().pop().unwrap();
        if let (2, Some(process)) = (newest.number, newest.process) {
            break process;
        }
        assert!(Instant::now() < patience, "the second version never started");
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(
        service.predict_one(&1.0).unwrap(),
        2.0,
        "the first version answers meanwhile"
    );
    frozen.0.kill().unwrap();
    frozen.0.wait().unwrap();
    // The lease of a dead holder is free at once, and what it was starting ends.
    let run = deploying(Line::new(3.0), DeployConfig::named("line"))
        .on(&project.stack)
        .quiet()
        .run()
        .await
        .unwrap();
    let after = run.output().await.unwrap();
    assert_eq!(
        (after.id(), after.predict_one(&1.0).unwrap()),
        (service.id(), 3.0)
    );
    while super::is_alive(starting.pid) {
        assert!(Instant::now() < patience, "what nobody wants any more goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
}
