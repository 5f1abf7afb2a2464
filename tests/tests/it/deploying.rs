//! Deploying models: real servers, from outside.

mod pipeline;
