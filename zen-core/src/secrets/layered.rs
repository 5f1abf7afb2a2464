//! The secrets that a program has: those of its environment, above those of a store.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;

use super::reference::{Piece, pieces};
use super::{
    EnvironmentSecrets, FileSecrets, Reference, Secret, SecretError, SecretNames, SecretsStore, conceal,
};

/// The secrets that a program has: those of its [environment](EnvironmentSecrets), and those of a store where the environment hasn't any. Cheap to
/// clone. What it hands out is [redacted](super::redact) from then on.
///
/// A component of the stack; steps ask with [`StepContext::secret`](crate::graph::StepContext::secret).
///
/// ```
/// use std::sync::Arc;
/// use zen_core::secrets::{FileSecrets, Secret, Secrets, SecretsStore, redact};
///
/// # let folder = std::env::temp_dir().join(format!("zen-secrets-{}", uuid::Uuid::now_v7()));
/// let file = FileSecrets::at(folder.join("secrets.toml"));
/// file.set(&"tracker.password".parse()?, &Secret::new("op3n-s3same"))?;
/// let secrets = Secrets::new(Some(Arc::new(file)));
/// assert_eq!(secrets.resolve("https://me:{{tracker.password}}@host")?, "https://me:op3n-s3same@host");
/// assert_eq!(redact("refused: op3n-s3same"), "refused: ***");
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Secrets {
    store: Option<Arc<dyn SecretsStore>>,
    /// Whether this process's environment comes first.
    environment: bool,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.location())
    }
}

impl Secrets {
    /// The environment above this store.
    pub fn new(store: Option<Arc<dyn SecretsStore>>) -> Self {
        Self {
            store,
            environment: true,
        }
    }

    /// This store alone, which has the environment of another process in it.
    pub(crate) fn of(store: Arc<dyn SecretsStore>) -> Self {
        Self {
            store: Some(store),
            environment: false,
        }
    }

    /// The environment alone.
    pub fn environment() -> Self {
        Self::new(None)
    }

    /// The environment above the file of the project that keeps its files in `home`, a folder such as `.zen`.
    pub fn in_home(home: &Path) -> Self {
        Self::new(Some(Arc::new(FileSecrets::in_home(home))))
    }

    /// The store below the environment.
    pub fn store(&self) -> Option<&Arc<dyn SecretsStore>> {
        self.store.as_ref()
    }

    /// Where they are looked for, for messages.
    pub fn location(&self) -> String {
        match &self.store {
            None => EnvironmentSecrets.location(),
            Some(store) if !self.environment => store.location(),
            Some(store) => format!("{} or {}", EnvironmentSecrets.location(), store.location()),
        }
    }

    /// One value.
    ///
    /// # Errors
    /// When nobody has it ([`SecretError::Missing`]), or the store can't be read or may be read by others.
    pub fn get(&self, reference: &Reference) -> Result<Secret, SecretError> {
        self.find(reference)?.ok_or_else(|| SecretError::Missing {
            reference: reference.clone(),
            looked: self.location(),
            variable: EnvironmentSecrets::variable(reference),
        })
    }

    /// One value; none when nobody has it.
    ///
    /// # Errors
    /// When the store can't be read or may be read by others. What the environment has is found all the same.
    pub fn find(&self, reference: &Reference) -> Result<Option<Secret>, SecretError> {
        let own = match self.environment {
            true => EnvironmentSecrets.get(reference)?,
            false => None,
        };
        let found = match (own, &self.store) {
            (Some(secret), _) => Some(secret),
            (None, Some(store)) => store.get(reference)?,
            (None, None) => None,
        };
        if let Some(secret) = &found {
            conceal(secret);
        }
        Ok(found)
    }

    /// The text with values in place of its references `{{name.key}}`. For whoever hands it on at once: the text shows itself to everybody.
    ///
    /// # Errors
    /// As [`get`](Self::get), and when braces hold something else than `name.key`.
    pub fn resolve(&self, text: &str) -> Result<String, SecretError> {
        let mut resolved = String::with_capacity(text.len());
        for piece in pieces(text)? {
            match piece {
                Piece::Text(text) => resolved.push_str(text),
                Piece::Reference(reference) => resolved.push_str(self.get(&reference)?.reveal()),
            }
        }
        Ok(resolved)
    }

    /// [`resolve`](Self::resolve), as a value that is secret as a whole when anything in it is. It is redacted as a whole too, then.
    ///
    /// # Errors
    /// As there.
    pub fn resolve_secret(&self, text: &str) -> Result<Secret, SecretError> {
        let resolved = Zeroizing::new(self.resolve(text)?);
        let secret = Secret::new(resolved.as_str());
        if *resolved != text {
            conceal(&secret);
        }
        Ok(secret)
    }

    /// Names and keys of all secrets, those of the environment among them.
    ///
    /// # Errors
    /// When the store can't be read or may be read by others.
    pub fn names(&self) -> Result<SecretNames, SecretError> {
        let mut names = match &self.store {
            Some(store) => store.names()?,
            None => SecretNames::new(),
        };
        let own = match self.environment {
            true => EnvironmentSecrets.names()?,
            false => SecretNames::new(),
        };
        for (name, keys) in own {
            let known = names.entry(name).or_default();
            known.extend(keys);
            known.sort();
            known.dedup();
        }
        Ok(names)
    }
}
