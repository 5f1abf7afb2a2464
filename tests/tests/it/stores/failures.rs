//! What real servers refuse.

use zen_core::artifact::{ArtifactError, ArtifactStore, Digest};

use zen_tests::stores::{Azurite, Options, Weed};

fn with(mut options: Options, name: &str, value: &str) -> Options {
    options.retain(|(given, _)| given != name);
    options.push((name.into(), value.into()));
    options
}

/// All that can be asked of a store, and what is answered.
fn all(store: &ArtifactStore) -> Vec<ArtifactError> {
    let mut errors = Vec::new();
    for len in [10, 20 << 20] {
        let bytes = vec![7; len];
        let digest = Digest::of(&bytes);
        errors.extend([
            store.put(digest, bytes.clone().into()).unwrap_err(),
            store.replace(digest, bytes.into()).unwrap_err(),
            store.get(digest, &"it").unwrap_err(),
        ]);
    }
    errors
}

#[track_caller]
fn check(store: &ArtifactStore, is_right: fn(&ArtifactError) -> bool, advice: &str, hidden: &[&str]) {
    for error in all(store) {
        assert!(is_right(&error), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains(store.url()) && text.contains("objects/") && text.contains(advice),
            "{text}"
        );
        let shown = format!("{error:?} {text}");
        for hidden in hidden {
            assert!(!shown.contains(hidden), "{hidden} is in {shown}");
        }
    }
}

#[test]
fn s3_wrong_secrets_and_missing_buckets() {
    let Some(weed) = Weed::shared() else { return };
    let url = weed.url("failures");
    let open = |url: &str, options| ArtifactStore::open_with(url, options).unwrap();
    let refused = |error: &ArtifactError| matches!(error, ArtifactError::Refused { .. });
    let wrong = open(
        &url,
        with(weed.options(), "AWS_SECRET_ACCESS_KEY", "wrong-HIDDEN-secret"),
    );
    check(
        &wrong,
        refused,
        "AWS_SECRET_ACCESS_KEY",
        &["HIDDEN", "Signature="],
    );
    let unknown = open(&url, with(weed.options(), "AWS_ACCESS_KEY_ID", "NOBODY"));
    check(&unknown, refused, "AWS_ACCESS_KEY_ID", &[Weed::SECRET]);

    let missing = weed.store("s3://there-is-none/prefix");
    check(
        &missing,
        |error| matches!(error, ArtifactError::NoBucket { .. }),
        "create it",
        &[Weed::SECRET],
    );
    // It is not taken for an empty one.
    assert!(
        !all(&missing)
            .iter()
            .any(|error| matches!(error, ArtifactError::Missing { .. }))
    );
}

#[test]
fn azure_wrong_keys_tokens_and_missing_containers() {
    let Some(azurite) = Azurite::shared() else { return };
    let url = azurite.url("failures");
    let open = |url: &str, options| ArtifactStore::open_with(url, options).unwrap();
    let refused = |error: &ArtifactError| matches!(error, ArtifactError::Refused { .. });
    let wrong = with(azurite.options(), "AZURE_STORAGE_ACCOUNT_KEY", "SElEREVOSElEREVO");
    check(
        &open(&url, wrong),
        refused,
        "AZURE_STORAGE_ACCOUNT_KEY",
        &["SElEREVO", "HIDDEN"],
    );
    let mut token = azurite.options();
    token.retain(|(name, _)| name != "AZURE_STORAGE_ACCOUNT_KEY");
    let sas = "sv=2022-11-02&ss=b&srt=sco&sp=rwdlac&se=2099-01-01T00:00:00Z&sig=HIDDENSIGNATURE";
    token.push(("AZURE_STORAGE_SAS_TOKEN".into(), sas.into()));
    check(
        &open(&url, token),
        refused,
        "AZURE_STORAGE_SAS_TOKEN",
        &["HIDDEN", "2099"],
    );
    check(
        &azurite.store("az://there-is-none/prefix"),
        |error| matches!(error, ArtifactError::NoBucket { .. }),
        "create it",
        &[Azurite::KEY],
    );
}
