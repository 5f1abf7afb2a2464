//! `completion`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Command, Context};
use crate::Exit;
use crate::args::Args;
use crate::error::Error;

/// A script that completes commands in a shell
///
/// For bash: `source <(zen completion bash)`. For zsh and fish, write it to where they look for completions.
#[derive(Debug, clap::Args)]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Command for Completion {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let mut script = Vec::new();
        let mut command = Args::command();
        clap_complete::generate(self.shell, &mut command, crate::run::name(), &mut script);
        context.out.write(&script)?;
        Ok(Exit::Success)
    }
}
