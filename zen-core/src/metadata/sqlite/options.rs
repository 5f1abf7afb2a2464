//! What can be chosen when a SQLite metadata store is opened.

/// How a [`SqliteMetadata`](super::SqliteMetadata) is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SqliteOptions {
    /// What an applied transaction survives.
    pub durability: Durability,
}

/// What a transaction survives once [`apply`](crate::metadata::MetadataStore::apply) has returned.
///
/// Neither choice can leave a damaged database or half a transaction behind; they differ in whether the last
/// transactions can be missing after a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The death of the process, at any moment. After a loss of power the last transactions may be missing, except
    /// what was applied before a [`sync`](crate::metadata::MetadataStore::sync).
    #[default]
    Process,
    /// A loss of power too. Every transaction waits for the disk, which takes milliseconds.
    Power,
}
