//! Pruning and verifying: what goes, what stays, while other processes run, and when somebody dies.

mod histories;
mod processes;
mod real;
mod schedules;
mod verify;
