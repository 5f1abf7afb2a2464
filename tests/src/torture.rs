//! Killing a program with `kill -9` at chosen moments, and looking whether anything was lost: what the program `torture` does.

pub mod check;
pub mod child;
pub mod journal;
pub mod lives;
pub mod pipeline;
pub mod random;
