//! `pipeline`.

mod describe;
mod list;

use crate::commands::{commands, noun};

noun! {
    /// What has been run
    Pipeline of PipelineCommand
}

commands! {
    /// The verbs.
    PipelineCommand {
        List(list::List),
        Describe(describe::Describe),
    }
}
