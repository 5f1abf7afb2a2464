//! Starting, updating, and what a server needs of memory.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Instant;

use zen_core::deploy::DeployConfig;
use zen_tests::models::Line as Model;

use crate::client::Client;
use crate::load::Effort;
use crate::payload::Protocol;
use crate::process;
use crate::table::{Line, Unit};
use crate::target::{Floor, Project, Target, Targets};

/// The program that the servers run.
const PROGRAM: &str = env!("CARGO_BIN_EXE_servant");

/// Asks a server of a small model for its prediction of 1, over a new connection.
fn ask(address: SocketAddr) -> f64 {
    let mut stream = TcpStream::connect(address).expect("a server");
    let request = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
        Connection: close\r\nContent-Length: 5\r\n\r\n[1.0]";
    stream.write_all(request.as_bytes()).expect("a server that reads");
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line).expect("an answer");
    assert!(line.starts_with("HTTP/1.1 200 "), "{line}");
    let mut rest = String::new();
    answer.read_to_string(&mut rest).expect("an answer");
    let (_, body) = rest.split_once("\r\n\r\n").expect("a body");
    let [value] = serde_json::from_str(body).expect("one prediction");
    value
}

#[derive(Default)]
struct Seen {
    first: Vec<f64>,
    next: Vec<f64>,
    update: Vec<f64>,
    memory: Vec<f64>,
    floor: Vec<f64>,
    floor_memory: Vec<f64>,
}

impl Seen {
    fn look(&mut self) {
        let project = Project::new(Some(Path::new(PROGRAM)));
        let deploy = |name: &str, slope: f64| {
            let model = project.store(&Model::new(slope));
            let begun = Instant::now();
            let server = project.deploy(model, DeployConfig::named(name));
            assert_eq!(ask(server.address()), slope);
            let took = begun.elapsed().as_secs_f64();
            let memory = process::resident(server.pid()).map(|bytes| bytes as f64);
            (took, memory)
        };
        self.first.push(deploy("first", 2.0).0);
        let (took, memory) = deploy("next", 3.0);
        self.next.push(took);
        let begun = Instant::now();
        let floor = Floor::start();
        Client::connect(floor.address(), Protocol::Typed);
        self.floor.push(begun.elapsed().as_secs_f64());
        if let (Some(memory), Some(floor)) = (memory, process::resident(floor.pid())) {
            self.memory.push(memory);
            self.floor_memory.push(floor as f64);
        }
        self.update.push(deploy("next", 4.0).0);
    }
}

/// Measures it and prints it. The servers that were measured under load have their memory looked at, too.
pub(crate) fn print(targets: &Targets, wanted: &str, effort: Effort) {
    let names = [
        "deployment to first answer, new project",
        "deployment to first answer",
        "update to its first answer",
        "resident memory after the first answer",
        "resident memory after the load above",
    ];
    if !names.iter().any(|name| name.contains(wanted)) {
        return;
    }
    let mut seen = Seen::default();
    for _ in 0..effort.rounds {
        seen.look();
    }
    let loaded = process::resident(targets.isolated.pid()).zip(process::resident(targets.floor.pid()));
    let (loaded, loaded_floor): (Vec<f64>, Vec<f64>) = loaded
        .iter()
        .map(|(zen, floor)| (*zen as f64, *floor as f64))
        .unzip();
    let Seen {
        first,
        next,
        update,
        memory,
        floor,
        floor_memory,
    } = seen;
    let numbers = [
        (Unit::Time, first, floor.clone(), "100 ms"),
        (Unit::Time, next, floor, "100 ms"),
        (Unit::Time, update, Vec::new(), ""),
        (Unit::Memory, memory, floor_memory, "25 MB"),
        (Unit::Memory, loaded, loaded_floor, ""),
    ];
    for (name, (unit, zen, floor, bar)) in names.into_iter().zip(numbers) {
        if name.contains(wanted) {
            let name = name.to_owned();
            Line {
                name,
                unit,
                zen,
                floor,
                bar,
            }
            .print();
        }
    }
}
