//! Models behind MLflow's own server: real servers of a real MLflow, from outside.

mod answers;
mod conformance;
mod executables;
mod folders;
mod loading;
mod native;
mod project;
mod registered;
mod replace;
