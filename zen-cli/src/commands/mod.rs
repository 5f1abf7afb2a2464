//! The commands: a folder a noun, a file a verb.

mod artifact;
mod completion;
mod component;
mod init;
mod models;
mod pipeline;
mod run;
mod schedule;
mod secret;
mod stack;
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
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        Self {
            out: Out::new(&global),
            project: Project::new(&global),
        }
    }
}

/// A command with its arguments.
pub(crate) trait Command {
    /// Carries it out.
    fn execute(self, context: &Context) -> Result<Exit, Error>;

    /// What it needs to be carried out.
    fn need(&self) -> Need {
        Need::Nothing
    }
}

/// Whether a command needs the project's own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It doesn't.
    Nothing,
    /// It knows more with it, such as flavours of other crates.
    IfThere,
    /// It can't do without.
    Program,
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

            fn need(&self) -> $crate::commands::Need {
                match self {
                    $(Self::$command(arguments) => $crate::commands::Command::need(arguments),)*
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

            fn need(&self) -> $crate::commands::Need {
                $crate::commands::Command::need(&self.verb)
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
        Stack(stack::Stack),
        /// How and where steps are executed
        Orchestrator(component::Component<0>),
        /// Where the bytes of artifacts are kept
        ArtifactStore(component::Component<1>),
        /// Where runs, artifacts, services and schedules are recorded
        MetadataStore(component::Component<2>),
        /// What shows parameters and metrics of runs elsewhere
        ExperimentTracker(component::Component<4>),
        /// Where models are published by name, version and alias
        ModelRegistry(component::Component<5>),
        /// Where secrets are kept
        SecretsStore(component::Component<6>),
        /// What tells people
        Alerter(component::Component<7>),
        Secret(secret::Secrets),
        Completion(completion::Completion),
        Version(version::Version),
    }
}
