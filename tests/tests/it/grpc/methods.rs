//! What a server and its model say of themselves.

use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;
use zen_integrations::native::grpc::proto::*;

use super::{Direct, client, connect, serve};

#[tokio::test]
async fn live_and_ready() {
    let backend = Direct::root();
    let mut client = client(backend.clone()).await;
    let model = || ModelReadyRequest {
        name: "iris".into(),
        version: String::new(),
    };
    let index = |ready| RepositoryIndexRequest {
        ready,
        ..Default::default()
    };
    assert!(
        client
            .server_live(ServerLiveRequest {})
            .await
            .unwrap()
            .into_inner()
            .live
    );
    assert!(
        client
            .server_ready(ServerReadyRequest {})
            .await
            .unwrap()
            .into_inner()
            .ready
    );
    assert!(client.model_ready(model()).await.unwrap().into_inner().ready);
    let models = client
        .repository_index(index(true))
        .await
        .unwrap()
        .into_inner()
        .models;
    let found: Vec<_> = models
        .iter()
        .map(|m| (m.name.as_str(), m.version.as_str(), m.state.as_str()))
        .collect();
    assert_eq!(found, [("iris", "3", "READY")]);

    backend.ready.store(false, Ordering::SeqCst);
    assert!(
        client
            .server_live(ServerLiveRequest {})
            .await
            .unwrap()
            .into_inner()
            .live
    );
    assert!(
        !client
            .server_ready(ServerReadyRequest {})
            .await
            .unwrap()
            .into_inner()
            .ready
    );
    assert!(!client.model_ready(model()).await.unwrap().into_inner().ready);
    assert!(
        client
            .repository_index(index(true))
            .await
            .unwrap()
            .into_inner()
            .models
            .is_empty()
    );
    let models = client
        .repository_index(index(false))
        .await
        .unwrap()
        .into_inner()
        .models;
    assert_eq!(models[0].state, "UNAVAILABLE");
}

#[tokio::test]
async fn metadata() {
    let mut client = client(Direct::root()).await;
    let server = client
        .server_metadata(ServerMetadataRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(server.name, "zen");
    assert!(!server.version.is_empty());
    let request = ModelMetadataRequest {
        name: "iris".into(),
        version: "3".into(),
    };
    let model = client.model_metadata(request).await.unwrap().into_inner();
    assert_eq!((model.name.as_str(), model.platform.as_str()), ("iris", "zen"));
    assert_eq!(model.versions, ["3"]);
    let tensor = |tensor: &model_metadata_response::TensorMetadata| {
        (tensor.name.clone(), tensor.datatype.clone(), tensor.shape.clone())
    };
    assert_eq!(
        tensor(&model.inputs[0]),
        ("input".into(), "FP32".into(), vec![-1, 2])
    );
    assert_eq!(
        tensor(&model.outputs[0]),
        ("output".into(), "FP32".into(), vec![-1])
    );
    assert_eq!((model.inputs.len(), model.outputs.len()), (1, 1));
}

#[tokio::test]
async fn other_models_and_versions_are_not_found() {
    let mut client = client(Direct::root()).await;
    for (name, version, told) in [
        ("other", "", "there is no model `other` here"),
        ("", "3", "there is no model `` here"),
        (
            "iris",
            "4",
            "model `iris` has no version `4` here; it is version `3`",
        ),
    ] {
        let (name, version) = (name.to_owned(), version.to_owned());
        let ready = ModelReadyRequest {
            name: name.clone(),
            version: version.clone(),
        };
        let metadata = ModelMetadataRequest {
            name: name.clone(),
            version: version.clone(),
        };
        let infer = ModelInferRequest {
            model_name: name,
            model_version: version,
            ..Default::default()
        };
        for status in [
            client.model_ready(ready).await.unwrap_err(),
            client.model_metadata(metadata).await.unwrap_err(),
            client.model_infer(infer).await.unwrap_err(),
        ] {
            assert_eq!((status.code(), status.message()), (Code::NotFound, told));
        }
    }
}

#[tokio::test]
async fn it_stands_beside_http_on_one_port() {
    let address = serve(Direct::root()).await;
    let mut client = connect(address).await;
    assert!(
        client
            .server_live(ServerLiveRequest {})
            .await
            .unwrap()
            .into_inner()
            .live
    );
    for (path, expected) in [("/ping", "pong"), ("/nothing", "nothing here")] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with(expected),
            "{answer}"
        );
    }
}
