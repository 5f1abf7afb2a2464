//! `run`.

mod cancel;
mod compare;
mod explain;
mod list;
mod logs;
mod resume;
mod show;

use crate::commands::{commands, noun};

noun! {
    /// Runs of pipelines
    Run of RunCommand
}

commands! {
    /// The verbs.
    RunCommand {
        List(list::List),
        Show(show::Show),
        Logs(logs::Logs),
        Explain(explain::Explain),
        Compare(compare::Compare),
        Cancel(cancel::Cancel),
        Resume(resume::Resume),
    }
}
