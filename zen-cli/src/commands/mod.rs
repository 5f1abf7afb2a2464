//! The commands: a folder a noun, a file a verb.

mod artifact;
mod completion;
mod init;
mod models;
mod pipeline;
mod run;
mod schedule;
mod status;
mod version;

use crate::Exit;
use crate::args::Global;
use crate::error::Error;
use crate::output::Out;
use crate::project::Project;

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) out: Out,
    pub(crate) project: Project,
    /// What people call this program.
    pub(crate) program: String,
}

impl Context {
    pub(crate) fn new(global: Global, program: String) -> Self {
        Self {
            out: Out::new(&global),
            project: Project::new(global.home),
            program,
        }
    }
}

/// A command with its arguments.
pub(crate) trait Command {
    /// Carries it out.
    fn execute(self, context: &Context) -> Result<Exit, Error>;
}

/// A list of commands: a line each.
macro_rules! commands {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $command:ident($arguments:ty),)* }) => {
        $(#[$meta])*
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum $name {
            $($(#[$doc])* $command($arguments),)*
        }

        impl $crate::commands::Command for $name {
            fn execute(self, context: &$crate::commands::Context) -> Result<$crate::Exit, $crate::error::Error> {
                match self {
                    $(Self::$command(arguments) => $crate::commands::Command::execute(arguments, context),)*
                }
            }
        }
    };
}
pub(crate) use commands;

/// The verbs of a noun.
macro_rules! noun {
    ($(#[$meta:meta])* $name:ident of $verbs:ty) => {
        $(#[$meta])*
        #[derive(Debug, clap::Args)]
        pub(crate) struct $name {
            #[command(subcommand)]
            verb: $verbs,
        }

        impl $crate::commands::Command for $name {
            fn execute(self, context: &$crate::commands::Context) -> Result<$crate::Exit, $crate::error::Error> {
                $crate::commands::Command::execute(self.verb, context)
            }
        }
    };
}
pub(crate) use noun;

commands! {
    /// All commands.
    Commands {
        Init(init::Init),
        Status(status::ShowStatus),
        Pipeline(pipeline::Pipeline),
        Run(run::Run),
        Artifact(artifact::Artifact),
        ModelDeployer(models::ModelDeployer),
        Schedule(schedule::Schedules),
        Completion(completion::Completion),
        Version(version::Version),
    }
}
