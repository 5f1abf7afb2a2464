//! `pipeline`.

mod describe;
mod known;
mod list;
mod run;

use crate::commands::{commands, noun};

noun! {
    /// Pipelines: what has been run, and what can be
    Pipeline of PipelineCommand
}

commands! {
    /// The verbs.
    PipelineCommand {
        List(list::List),
        Describe(describe::Describe),
        Run(run::Run),
    }
}
