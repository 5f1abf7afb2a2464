//! Values that are too large to be held: streams, files and folders, and what may enter metadata.

mod files;
mod hostile;
mod killed;
mod memory;
mod metadata;
mod program;
mod streams;
