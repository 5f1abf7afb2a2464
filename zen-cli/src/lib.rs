//! The `zen` command.
