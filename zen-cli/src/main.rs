//! The `zen` command.

fn main() {}
