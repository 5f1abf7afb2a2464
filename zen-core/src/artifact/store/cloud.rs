//! Opening the stores of S3, Google Cloud Storage and Azure.

use std::sync::Arc;
use std::time::Duration;

use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use super::StoreUrl;
use super::failure::scrub;
use super::options::{Options, RETRY_SECONDS};
use crate::artifact::ArtifactError;

/// How long a request that fails is tried again, unless an option says otherwise: long enough for a server to be started again.
const RETRIED_FOR: Duration = Duration::from_secs(30);

/// Not what ends them; the time does.
const MOST_RETRIES: usize = 1000;

/// The most a request may take with its body of up to 16 MiB, unless the service's option `timeout` says otherwise.
const ONE_REQUEST: Duration = Duration::from_secs(120);

/// What a builder makes of the options. The builders of the three services have the same methods and no trait in common.
macro_rules! build {
    ($builder:ty, $options:ident, |$named:ident| $place:expr) => {{
        let mut builder = <$builder>::new()
            .with_client_options(ClientOptions::new().with_timeout(ONE_REQUEST))
            .with_retry(retry($options)?);
        for (name, value) in $options.iter().filter(|(name, _)| *name != RETRY_SECONDS) {
            match name.parse() {
                Ok(key) => builder = builder.with_config(key, value),
                Err(_) if $options.explicit => {
                    return Err(format!("there is no option `{name}`"));
                }
                // The environment holds much that is for others.
                Err(_) => {}
            }
        }
        let $named = builder;
        let store = $place.build().map_err(|error| scrub(&error.to_string()))?;
        Box::new(store) as Box<dyn ObjectStore>
    }};
}

/// Makes the client, which asks nothing of the network yet.
pub(super) fn open(url: &StoreUrl, options: &Options) -> Result<Arc<dyn ObjectStore>, ArtifactError> {
    // TLS needs a provider of its arithmetic. The program may have chosen one already: that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    client(url, options).map_err(|message| ArtifactError::Store {
        url: url.to_string(),
        doing: format!("opening it with what {} and the like say", url.credentials()),
        source: options.redact(message).into(),
    })
}

fn client(url: &StoreUrl, options: &Options) -> Result<Arc<dyn ObjectStore>, String> {
    let (objects, prefix) = match url {
        #[cfg(feature = "s3")]
        StoreUrl::S3 { bucket, prefix } => (
            build!(object_store::aws::AmazonS3Builder, options, |builder| builder
                .with_bucket_name(bucket)),
            prefix,
        ),
        #[cfg(feature = "gs")]
        StoreUrl::Gs { bucket, prefix } => (
            build!(object_store::gcp::GoogleCloudStorageBuilder, options, |builder| {
                builder.with_bucket_name(bucket)
            }),
            prefix,
        ),
        #[cfg(feature = "az")]
        StoreUrl::Az {
            container,
            host,
            prefix,
        } => (
            build!(object_store::azure::MicrosoftAzureBuilder, options, |builder| {
                match host {
                    Some(host) => builder.with_url(format!("abfss://{container}@{host}")),
                    None => builder.with_container_name(container),
                }
            }),
            prefix,
        ),
        // `StoreUrl::parse` makes no URL of a service whose feature is off, and the others need no client.
        _ => return Err("this build has no client for it".into()),
    };
    Ok(match prefix.as_str() {
        "" => objects.into(),
        prefix => Arc::new(PrefixStore::new(objects, prefix)),
    })
}

/// Requests are tried again after server errors and broken connections: at first after 0.1 s, then after random times that grow to 5 s.
/// The time in all is bounded, not the number.
fn retry(options: &Options) -> Result<RetryConfig, String> {
    let given = options.iter().find(|(name, _)| *name == RETRY_SECONDS);
    let seconds = match given {
        None => RETRIED_FOR,
        Some((_, value)) => {
            let seconds = value.parse().ok().map(Duration::try_from_secs_f64);
            match seconds {
                Some(Ok(seconds)) => seconds,
                _ => return Err(format!("`{RETRY_SECONDS}` is a number of seconds, not `{value}`")),
            }
        }
    };
    Ok(RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: if seconds.is_zero() { 0 } else { MOST_RETRIES },
        retry_timeout: seconds,
    })
}
