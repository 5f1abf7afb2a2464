//! Names of models, versions and routes that are not names.

use std::path::{Path, PathBuf};

use zen_tests::models::Pairs;

use super::http::{Connection, ask};
use super::served::Served;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

#[test]
fn strange_names_are_unknown_names() {
    let served = Served::new();
    let server = served.start("pairs", &Pairs);
    let before = files(served.folder());
    let long = "x".repeat(10_000);
    let encoded = "%2e%2e%2f".repeat(1000);
    let names = [
        "..",
        "../..",
        "../../../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "%2e%2e/%2e%2e",
        "pairs/../pairs",
        "%00",
        "pairs%00",
        "pairs%00.onnx",
        "%",
        "%zz",
        "%f",
        "%ff%fe",
        "%C3%BC",
        "%F0%9F%A6%80",
        "pairs%20",
        "pairs%0d%0aX-Injected:%201",
        "Pairs",
        "pairs;x",
        "pairs\\..\\x",
        "C:%5cwindows",
        "{{7*7}}",
        "'%20or%20'1'='1",
        "|id",
        ".",
        "/",
        "//",
        "",
        &long,
        &encoded,
    ];
    let mut connection = Connection::open(server.address);
    for name in names {
        for (method, path) in [
            ("GET", format!("/v2/models/{name}")),
            ("GET", format!("/v2/models/{name}/ready")),
            ("POST", format!("/v2/models/{name}/infer")),
            ("POST", format!("/v2/models/pairs/versions/{name}/infer")),
            ("GET", format!("/v2/models/pairs/versions/{name}")),
            ("POST", format!("/v2/repository/models/{name}/load")),
            ("GET", format!("/{name}x")),
            ("GET", format!("/predict/{name}")),
            ("POST", format!("/invocations/{name}")),
        ] {
            let reply = connection.ask(&format!("{method} {path} HTTP/1.1"), b"");
            let path: String = path.chars().take(100).collect();
            assert!((400..500).contains(&reply.status), "{method} {path}: {reply:?}");
            assert!(reply.body.len() < 2000, "{method} {path}: {reply:?}");
            assert_eq!(reply.header("x-injected"), None);
            reply.assert_refusal();
            if reply.is_last() {
                connection = Connection::open(server.address);
            }
        }
    }
    assert_eq!(files(served.folder()), before, "requests touched files");
    server.assert_sound();
}

/// What can't be a path may be refused without a body, since it is refused before anything is known of the request.
#[test]
fn what_is_no_path_is_refused() {
    let served = Served::new();
    let server = served.start("pairs", &Pairs);
    for path in [
        "/v2/models/ü",
        "/v2/models/🦀/ready",
        "v2",
        "*",
        "/v2/models/<script>",
        "http://other/v2/models/x",
        "//",
    ] {
        let reply = ask(server.address, &format!("GET {path} HTTP/1.1"), b"");
        assert!((400..500).contains(&reply.status), "{path}: {reply:?}");
    }
    let too_long = format!("GET /{} HTTP/1.1", "x".repeat(100_000));
    let reply = ask(server.address, &too_long, b"");
    assert!([414, 431].contains(&reply.status), "{reply:?}");
    server.assert_sound();
}
