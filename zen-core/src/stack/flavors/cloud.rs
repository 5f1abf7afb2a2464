//! Artifacts in buckets.

use schemars::JsonSchema;
use serde::Deserialize;

use super::ArtifactStoreKind;
use crate::artifact::ArtifactStore;
use crate::secrets::Secret;
use crate::stack::{Flavor, Opened, Opening};

/// What the configurations have in common: what is not given comes from the variables of the environment that the vendor's own tools use.
trait Bucket {
    fn url(&self) -> &str;
    fn options(&self) -> Vec<(&'static str, Option<String>)>;

    fn store(&self, retry: Option<u64>) -> Opened<ArtifactStore> {
        let mut pairs: Vec<_> = self
            .options()
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        if let Some(seconds) = retry {
            pairs.retain(|(name, _)| name != RETRY);
            pairs.push((RETRY.to_owned(), seconds.to_string()));
        }
        Ok(ArtifactStore::open_above_environment(self.url(), pairs)?)
    }

    /// Asks once: whoever waits for a check doesn't wait for a server to be started again.
    fn reach(&self) -> Opened<()> {
        Ok(self.store(Some(0))?.reach()?)
    }
}

const RETRY: &str = "zen_retry_seconds";

fn secret(secret: &Option<Secret>) -> Option<String> {
    secret.as_ref().map(|secret| secret.reveal().to_owned())
}

#[cfg(any(feature = "s3", feature = "az"))]
fn flag(yes: bool) -> Option<String> {
    yes.then(|| "true".to_owned())
}

macro_rules! bucket {
    ($flavor:ident, $config:ident, $name:literal, $doc:literal) => {
        struct $flavor;

        impl Flavor for $flavor {
            type Kind = ArtifactStoreKind;
            type Config = $config;
            const NAME: &'static str = $name;
            const DOC: &'static str = $doc;

            fn open(config: $config, _: &Opening<'_>) -> Opened<ArtifactStore> {
                config.store(None)
            }

            fn location(config: &$config, _: &Opening<'_>) -> String {
                // One that is refused may hold what mustn't be shown.
                crate::artifact::StoreUrl::parse(config.url())
                    .map_or_else(|_| $name.to_owned(), |url| url.to_string())
            }

            fn check(config: $config, _: &Opening<'_>) -> Opened<()> {
                config.reach()
            }
        }

        crate::register_flavor!($flavor);
    };
}

#[cfg(feature = "s3")]
#[derive(Deserialize, JsonSchema)]
struct S3Config {
    /// `s3://bucket/prefix`. One store, one project: give each project a prefix of its own.
    url: String,
    /// The access key's id (else `AWS_ACCESS_KEY_ID`, or the role of the machine).
    access_key_id: Option<Secret>,
    /// The access key (else `AWS_SECRET_ACCESS_KEY`).
    secret_access_key: Option<Secret>,
    /// The token of a temporary access key (else `AWS_SESSION_TOKEN`).
    session_token: Option<Secret>,
    /// The bucket's region (else `AWS_REGION`).
    region: Option<String>,
    /// The server's URL, when it isn't Amazon's (else `AWS_ENDPOINT_URL`).
    endpoint: Option<String>,
    /// Whether the server may be spoken to without TLS.
    #[serde(default)]
    allow_http: bool,
    /// How long a request that fails is tried again, in seconds (else 30).
    retry_seconds: Option<u64>,
}

#[cfg(feature = "s3")]
impl Bucket for S3Config {
    fn url(&self) -> &str {
        &self.url
    }

    fn options(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("aws_access_key_id", secret(&self.access_key_id)),
            ("aws_secret_access_key", secret(&self.secret_access_key)),
            ("aws_session_token", secret(&self.session_token)),
            ("aws_region", self.region.clone()),
            ("aws_endpoint_url", self.endpoint.clone()),
            ("aws_allow_http", flag(self.allow_http)),
            (RETRY, self.retry_seconds.map(|seconds| seconds.to_string())),
        ]
    }
}

#[cfg(feature = "s3")]
bucket!(
    S3,
    S3Config,
    "s3",
    "A bucket of Amazon S3, or of what speaks its protocol."
);

#[cfg(feature = "gs")]
#[derive(Deserialize, JsonSchema)]
struct GsConfig {
    /// `gs://bucket/prefix`. One store, one project: give each project a prefix of its own.
    url: String,
    /// The path of the service account's key file (else `GOOGLE_APPLICATION_CREDENTIALS`, or the role of the machine).
    service_account: Option<String>,
    /// The content of the service account's key file.
    service_account_key: Option<Secret>,
    /// How long a request that fails is tried again, in seconds (else 30).
    retry_seconds: Option<u64>,
}

#[cfg(feature = "gs")]
impl Bucket for GsConfig {
    fn url(&self) -> &str {
        &self.url
    }

    fn options(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("google_service_account", self.service_account.clone()),
            ("google_service_account_key", secret(&self.service_account_key)),
            (RETRY, self.retry_seconds.map(|seconds| seconds.to_string())),
        ]
    }
}

#[cfg(feature = "gs")]
bucket!(Gs, GsConfig, "gs", "A bucket of Google Cloud Storage.");

#[cfg(feature = "az")]
#[derive(Deserialize, JsonSchema)]
struct AzConfig {
    /// `az://container/prefix`. One store, one project: give each project a prefix of its own.
    url: String,
    /// The storage account (else `AZURE_STORAGE_ACCOUNT_NAME`).
    account: Option<String>,
    /// The account's key (else `AZURE_STORAGE_ACCOUNT_KEY`, or the role of the machine).
    account_key: Option<Secret>,
    /// A shared access signature (else `AZURE_STORAGE_SAS_TOKEN`).
    sas_token: Option<Secret>,
    /// The server's URL, when it isn't Azure's (else `AZURE_STORAGE_ENDPOINT`).
    endpoint: Option<String>,
    /// Whether the server may be spoken to without TLS.
    #[serde(default)]
    allow_http: bool,
    /// How long a request that fails is tried again, in seconds (else 30).
    retry_seconds: Option<u64>,
}

#[cfg(feature = "az")]
impl Bucket for AzConfig {
    fn url(&self) -> &str {
        &self.url
    }

    fn options(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("azure_storage_account_name", self.account.clone()),
            ("azure_storage_account_key", secret(&self.account_key)),
            ("azure_storage_sas_token", secret(&self.sas_token)),
            ("azure_storage_endpoint", self.endpoint.clone()),
            ("azure_allow_http", flag(self.allow_http)),
            (RETRY, self.retry_seconds.map(|seconds| seconds.to_string())),
        ]
    }
}

#[cfg(feature = "az")]
bucket!(Az, AzConfig, "az", "A container of Azure Blob Storage.");
