//! Services: real processes, from outside.

mod local;
