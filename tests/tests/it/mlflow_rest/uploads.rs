//! Files of any size and name, there and back.

use std::io::Read;

use zen_core::metadata::Status;
use zen_integrations::mlflow::MlflowError;
use zen_integrations::mlflow::rest::{Auth, Client, TrackingUri};

use super::{Stage, at, info, run_of, unique};

fn client(uri: &str) -> Client {
    Client::new(TrackingUri::parse(uri).unwrap(), Auth::None)
}

#[test]
fn there_and_back() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let client = client(&server.uri());
    let mut writer = stage.tracker().begin(&run_of(&unique("files"))).unwrap();
    let uri = info(server, writer.id())["artifact_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(uri.starts_with("mlflow-artifacts:/"), "{uri}");
    let place = client.place(&uri).unwrap();
    assert_eq!(client.list(&place).unwrap(), []);
    let large: Vec<u8> = (0..50_u32 << 20).map(|index| (index % 251) as u8).collect();
    let files: [(&str, &[u8]); 6] = [
        ("empty", b""),
        ("large.bin", &large),
        ("größe/模型 1.txt", "ü".as_bytes()),
        ("a b/c+d&e=f?.txt", b"spaces and signs"),
        ("deep/er/and/deeper", b"4"),
        ("[3]{x}'~", b"signs"),
    ];
    for (path, content) in files {
        client
            .upload(&place.join(path), &mut &*content, content.len() as u64)
            .unwrap();
        assert_eq!(
            server
                .artifact(&format!(
                    "{}/{path}",
                    uri.trim_start_matches("mlflow-artifacts:/")
                ))
                .unwrap(),
            content,
            "{path}"
        );
    }
    // A file that is there is written over.
    client.upload(&place.join("empty"), &mut &b"2"[..], 1).unwrap();
    client.upload(&place.join("empty"), &mut &b""[..], 0).unwrap();
    let mut expected: Vec<_> = files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), content.len() as u64))
        .collect();
    expected.sort();
    let listed = client.list(&place).unwrap();
    assert_eq!(
        listed
            .iter()
            .map(|entry| (entry.path.clone(), entry.size))
            .collect::<Vec<_>>(),
        expected
    );
    let folder = tempfile::tempdir().unwrap();
    for (index, (path, content)) in files.iter().enumerate() {
        let to = folder.path().join(index.to_string());
        client
            .download(&place.join(path), content.len() as u64, &to)
            .unwrap();
        assert!(std::fs::read(&to).unwrap() == *content, "{path}");
        // What is there is not written over.
        let again = client
            .download(&place.join(path), content.len() as u64, &to)
            .unwrap_err();
        assert!(matches!(again, MlflowError::File { .. }), "{again}");
    }
    let missing = client
        .download(&place.join("nope"), 1, &folder.path().join("nope"))
        .unwrap_err();
    assert!(missing.is_missing(), "{missing}");
    writer.end(Status::Completed, at(1_700_000_002_000)).unwrap();
}

/// Fails after some bytes.
struct Broken(usize);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::Error::other("the disk is on fire"));
        }
        let read = buffer.len().min(self.0);
        buffer[..read].fill(7);
        self.0 -= read;
        Ok(read)
    }
}

#[test]
fn a_source_that_fails_is_told_as_such() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let client = client(&server.uri());
    let writer = stage.tracker().begin(&run_of(&unique("broken"))).unwrap();
    let place = client
        .place(info(server, writer.id())["artifact_uri"].as_str().unwrap())
        .unwrap();
    for bytes in [0, 100_000] {
        let error = client
            .upload(&place.join("file"), &mut Broken(bytes), 200_000)
            .unwrap_err();
        assert!(matches!(error, MlflowError::Content { .. }), "{error:?}");
        assert!(zen_tests::chain(&error).contains("the disk is on fire"));
    }
}

#[test]
fn places() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let client = client(&server.uri());
    let writer = stage.tracker().begin(&run_of(&unique("places"))).unwrap();
    let uri = info(server, writer.id())["artifact_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = uri.trim_start_matches("mlflow-artifacts:/");
    let by_path = client.place(&uri).unwrap().join("a/b");
    client.upload(&by_path, &mut &b"x"[..], 1).unwrap();
    let host = format!("127.0.0.1:{}", server.port());
    for other in [
        format!("runs:/{}/a", writer.id()),
        format!("mlflow-artifacts://{host}/{path}/a"),
        format!("mlflow-artifacts:///{path}/a/"),
        // The server's own folder, which this machine has.
        server.artifacts().join(path).join("a").display().to_string(),
        format!("file://{}/{path}/a", server.artifacts().display()),
    ] {
        let listed = client.list(&client.place(&other).unwrap()).unwrap();
        assert_eq!(listed.len(), 1, "{other}");
        assert_eq!(listed[0].path, "b");
    }
    // What is written there is what the server shows, and can be fetched from there.
    let local = client
        .place(&server.artifacts().join(path).display().to_string())
        .unwrap();
    client
        .upload(&local.join("c d/ü"), &mut &b"local"[..], 5)
        .unwrap();
    let shown = client.list(&client.place(&uri).unwrap()).unwrap();
    assert_eq!(
        shown.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(),
        ["a/b", "c d/ü"]
    );
    let folder = tempfile::tempdir().unwrap();
    client
        .download(&local.join("c d/ü"), 5, &folder.path().join("file"))
        .unwrap();
    assert_eq!(std::fs::read(folder.path().join("file")).unwrap(), b"local");
    let error = client.place("s3://bucket/1/artifacts").unwrap_err().to_string();
    assert!(
        error.contains("s3://bucket") && error.contains("--serve-artifacts"),
        "{error}"
    );
    // The server refuses what leads out of its folder.
    let out = client
        .upload(&client.place(&uri).unwrap().join("../../../x"), &mut &b"x"[..], 1)
        .unwrap_err();
    assert!(matches!(out, MlflowError::Api { .. }), "{out:?}");
}
