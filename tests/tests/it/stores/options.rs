//! What opens a store: options in place of the environment.

use zen_core::artifact::{ArtifactError, ArtifactStore, Digest};

use zen_tests::stores::free_ports;

const NONE: [(&str, &str); 0] = [];

#[test]
fn opening_asks_nothing_of_the_network() {
    let [port] = free_ports();
    let endpoint = format!("http://127.0.0.1:{port}");
    let s3 = [
        ("aws_access_key_id", "ID"),
        ("AWS_SECRET_ACCESS_KEY", "HIDDEN"),
        ("aws_endpoint_url", &endpoint),
    ];
    let store = ArtifactStore::open_with("s3://bucket/prefix", s3).unwrap();
    assert_eq!(store.url(), "s3://bucket/prefix");
    let shown = format!("{store:?}");
    assert!(!shown.contains("HIDDEN") && !shown.contains(&endpoint), "{shown}");
    // Without any, the machine's role would be asked for, at the first use.
    ArtifactStore::open_with("s3://bucket", NONE).unwrap();
    let azure = [
        ("azure_storage_account_name", "account"),
        ("azure_storage_sas_token", "sv=1&sig=HIDDEN"),
    ];
    let store = ArtifactStore::open_with("az://container", azure).unwrap();
    assert!(!format!("{store:?}").contains("HIDDEN"));
    let host = ArtifactStore::open_with(
        "abfss://c@account.dfs.core.windows.net/p",
        [("azure_storage_account_key", "SElEREVO")],
    );
    assert_eq!(host.unwrap().url(), "abfss://c@account.dfs.core.windows.net/p");
    ArtifactStore::open_with("gs://bucket", [("google_skip_signature", "true")]).unwrap();
}

#[test]
fn mistakes_are_named_without_values() {
    for (url, options, reason) in [
        (
            "s3://b",
            vec![("aws_secret_acess_key", "HIDDEN")],
            "no option `aws_secret_acess_key`",
        ),
        ("s3://b", vec![("aws_secret_access_key", "HIDDEN")], "AccessKeyId"),
        ("s3://b", vec![("zen_retry_seconds", "soon")], "number of seconds"),
        ("s3://b", vec![("zen_retry_seconds", "-1")], "number of seconds"),
        ("az://c", vec![("azure_storage_account_key", "HIDDEN")], "ccount"),
        (
            "az://c",
            vec![
                ("azure_storage_account_name", "a"),
                ("azure_storage_account_key", "HIDDEN!"),
            ],
            "Invalid Access Key",
        ),
        (
            "az://c",
            vec![
                ("azure_storage_account_name", "a"),
                ("azure_storage_sas_token", "HIDDEN"),
            ],
            "SAS",
        ),
        (
            "gs://b",
            vec![("google_service_account_key", "{\"HIDDEN\"")],
            "opening it",
        ),
        (
            "memory://",
            vec![("aws_secret_access_key", "HIDDEN")],
            "no options",
        ),
    ] {
        let error = ArtifactStore::open_with(url, options).unwrap_err();
        let shown = format!(
            "{error}: {:?} {error:?}",
            std::error::Error::source(&error).map(ToString::to_string)
        );
        assert!(shown.contains(reason), "{shown}");
        assert!(!shown.contains("HIDDEN"), "{shown}");
    }
}

/// A server that isn't there, over HTTP and HTTPS: the provider of TLS is found, and the error says what to do.
#[test]
fn an_endpoint_that_refuses_connections_is_named() {
    let [port] = free_ports();
    for scheme in ["http", "https"] {
        let endpoint = format!("{scheme}://127.0.0.1:{port}");
        let s3 = [
            ("aws_access_key_id", "ID"),
            ("aws_secret_access_key", "HIDDEN"),
            ("aws_endpoint_url", &endpoint),
            ("aws_allow_http", "true"),
            ("zen_retry_seconds", "0.2"),
        ];
        unreachable(&ArtifactStore::open_with("s3://bucket/prefix", s3).unwrap());
        let azure = [
            ("azure_storage_account_name", "account"),
            ("azure_storage_sas_token", "sv=1&sig=HIDDEN"),
            ("azure_storage_endpoint", &endpoint),
            ("azure_allow_http", "true"),
            ("zen_retry_seconds", "0.2"),
        ];
        unreachable(&ArtifactStore::open_with("az://container/prefix", azure).unwrap());
    }
}

fn unreachable(store: &ArtifactStore) {
    for len in [10, 20 << 20] {
        let bytes = vec![1; len];
        let digest = Digest::of(&bytes);
        let hex = digest.to_string();
        let errors = [
            store.put(digest, bytes.clone().into()).unwrap_err(),
            store.replace(digest, bytes.into()).unwrap_err(),
            store.get(digest, &"it").unwrap_err(),
            store.size(digest).unwrap_err(),
            store.delete(digest).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, ArtifactError::Unreachable { .. }), "{error:?}");
            let text = error.to_string();
            assert!(
                text.contains(store.url())
                    && text.contains(&format!("objects/{}/{}", &hex[..2], &hex[2..]))
                    && text.contains("AWS_ENDPOINT_URL"),
                "{text}"
            );
            let shown = format!("{error:?}");
            assert!(!shown.contains("HIDDEN"), "{shown}");
            assert!(shown.contains("onnect"), "the cause is kept: {shown}");
        }
    }
}
