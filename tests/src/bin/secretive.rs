//! A program that has secrets, and tells them wherever it can.
//!
//! - `set <file> <name.key> <value>` and `get <file> <name.key>`;
//! - `many <file> <name> <count>` keeps so many keys of a secret; `churn <file> <name.key> <length>` keeps a long value of a's, then of b's, and so
//!   on until it is killed;
//! - `tell <home> <marker>` runs pipelines that tell the secrets [`NAMES`] and the marker, and ends with an error that does. What is told beside
//!   zen's back, the arguments and environment of processes, goes to files in the folder `told`.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use zen_core::graph::Component;
use zen_core::prelude::*;
use zen_core::secrets::{FileSecrets, Secret, Secrets, SecretsStore};
use zen_core::service::{LocalService, Paths, Serving};
use zen_integrations as _;
use zen_tests::models::{Line, deploying};

/// What is told: one of the environment, one of the file with all that has to be escaped, one of several lines.
const NAMES: [&str; 3] = ["from-env.key", "from-file.password", "from-file.certificate"];

const SOON: Duration = Duration::from_secs(120);

/// All secrets and the marker, in many forms.
fn tale(marker: &str, secret: impl Fn(&str) -> Result<Secret>) -> Result<String> {
    let mut tale = marker.to_owned();
    for name in NAMES {
        let secret = secret(name)?;
        let text = secret.reveal();
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let json = serde_json::to_string(text)?;
        tale.push_str(&format!(
            " [{text}{text}] {text:?} {json} {json:?} https://me:{encoded}@host"
        ));
    }
    Ok(tale)
}

fn tale_of(ctx: &StepContext, marker: &str) -> Result<String> {
    tale(marker, |name| Ok(ctx.secret(name)?))
}

/// Says it in every way a step has.
fn say(ctx: &StepContext, tale: &str) -> Result<()> {
    #[derive(Serialize)]
    struct Fact<'a> {
        deep: Vec<Option<&'a str>>,
        lines: Vec<&'a str>,
    }
    ctx.log(tale);
    tracing::warn!(field = tale, "a warning: {tale}");
    tracing::info!(?tale);
    let fact = Fact {
        deep: vec![None, Some(tale)],
        lines: tale.lines().collect(),
    };
    ctx.log_metadata("fact", fact)?;
    ctx.log_metadata(ctx.secret(NAMES[0])?.reveal(), 1)?;
    ctx.log_metric(ctx.secret(NAMES[0])?.reveal(), 0.5)?;
    ctx.log(format!("{}{tale}", "x".repeat(16 * 1024 - 60)));
    Ok(())
}

/// Copies what the system shows of this process to everybody.
fn expose(ctx: &StepContext) -> Result<()> {
    let home = std::env::var("ZEN_HOME")?;
    let told = Path::new(&home).join("told");
    std::fs::create_dir_all(&told)?;
    for what in ["cmdline", "environ"] {
        std::fs::copy(
            format!("/proc/self/{what}"),
            told.join(format!("{}-{what}", ctx.step_name())),
        )?;
    }
    Ok(())
}

async fn indiscreet(event: HookEvent) -> Result<()> {
    let tale = tale("hook", |name| Ok(event.secret(name)?))?;
    tracing::warn!("a hook: {tale}");
    Err(format!("a hook failed after {:?}: {tale}", event.error()).into())
}

#[step(cache = false, on_success = indiscreet)]
fn speaking(ctx: &StepContext, marker: &str) -> Result<u32> {
    say(ctx, &tale_of(ctx, marker)?)?;
    Ok(1)
}

#[step(cache = false, isolation = process, on_success = indiscreet)]
fn speaking_apart(ctx: &StepContext, marker: &str) -> Result<u32> {
    expose(ctx)?;
    let tale = tale_of(ctx, marker)?;
    say(ctx, &tale)?;
    println!("printed {tale}");
    eprintln!("printed as an error {tale}");
    Ok(2)
}

#[pipeline(on_success = indiscreet)]
fn telling(marker: String) -> (Artifact<u32>, Artifact<u32>) {
    (speaking(marker.clone()), speaking_apart(marker))
}

#[step(cache = false, on_failure = indiscreet)]
fn failing(ctx: &StepContext, how: &str, marker: &str) -> Result<u32> {
    fail(ctx, how, marker)
}

#[step(cache = false, isolation = process, on_failure = indiscreet)]
fn failing_apart(ctx: &StepContext, how: &str, marker: &str) -> Result<u32> {
    fail(ctx, how, marker)
}

fn fail(ctx: &StepContext, how: &str, marker: &str) -> Result<u32> {
    let tale = tale_of(ctx, marker)?;
    match how {
        "panic" => panic!("panicked: {tale}"),
        "abort" => {
            eprintln!("aborting: {tale}");
            std::process::abort();
        }
        _ => Err(format!("failed: {tale}").into()),
    }
}

#[pipeline(on_failure = indiscreet)]
fn ending_badly(how: String, marker: String) -> Artifact<u32> {
    failing(how, marker)
}

#[pipeline(on_failure = indiscreet)]
fn ending_badly_apart(how: String, marker: String) -> Artifact<u32> {
    failing_apart(how, marker)
}

/// A service that tells the secret it may know, and doesn't start.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Confessor {
    /// Which.
    secret: String,
    marker: String,
}

impl LocalService for Confessor {
    const KIND: &'static str = "confessor";

    fn paths(&self) -> Paths {
        Paths::tcp()
    }

    async fn serve(self, serving: Serving) -> Result<()> {
        let stack = serving.stack()?;
        let secrets = Secrets::in_home(stack.home().ok_or("a service has a folder")?);
        let tale = format!("{} {}", self.marker, secrets.get(&self.secret.parse()?)?.reveal());
        tracing::warn!("a service: {tale}");
        let panicking = tale.clone();
        let panicked = std::thread::spawn(move || panic!("a thread of a service: {panicking}")).join();
        drop(panicked);
        Err(format!("a service failed: {tale}").into())
    }
}

zen_core::register_local_service!(Confessor);

async fn tell(home: &str, marker: &str) -> Result<()> {
    let secrets = Secrets::in_home(home.as_ref());
    let component = Component::new("secrets_store", "default", "file", Arc::new(secrets.clone()));
    let stack = Stack::builder().home(home).component(component).build()?;
    let tale = tale(marker, |name| Ok(secrets.get(&name.parse()?)?))?;
    let key = secrets.get(&NAMES[0].parse()?)?;

    let run = telling(marker.into())
        .on(&stack)
        .named(format!("{marker}-{}", key.reveal()));
    run.tag(format!("{marker}:{}", key.reveal())).run().await?;
    for how in ["error", "panic"] {
        refused(ending_badly(how.into(), marker.into()).on(&stack).run().await)?;
    }
    for how in ["error", "panic", "abort"] {
        refused(
            ending_badly_apart(how.into(), marker.into())
                .on(&stack)
                .run()
                .await,
        )?;
    }

    let config = DeployConfig::named("line").token_secret("server.token");
    let run = deploying(Line::new(2.0), config).on(&stack).run().await?;
    let service = run.output().await?;
    if service.predict_one(&1.0)? != 2.0 {
        return Err("the line is wrong".into());
    }
    let confessor = Confessor {
        secret: "from-file.password".into(),
        marker: marker.into(),
    };
    let confessor = Service::local(&stack, "confessor", &confessor)?;
    refused(confessor.start(SOON))?;

    let panicking = tale.clone();
    refused(std::thread::spawn(move || panic!("a thread: {panicking}")).join())?;
    println!("{}", service.id());
    Err(format!("the end: {tale}").into())
}

fn refused<T, E: Debug>(result: Result<T, E>) -> Result<()> {
    match result {
        Ok(_) => Err("it had to fail".into()),
        Err(_) => Ok(()),
    }
}

#[zen_core::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["set", file, name, value] => FileSecrets::at(file).set(&name.parse()?, &Secret::new(value))?,
        ["get", file, name] => {
            let secrets = Secrets::new(Some(Arc::new(FileSecrets::at(file))));
            println!("{}", secrets.get(&name.parse()?)?.reveal());
            println!("{:?}", secrets.names()?);
        }
        ["many", file, name, count] => {
            let file = FileSecrets::at(file);
            for key in 0..count.parse::<u32>()? {
                file.set(
                    &format!("{name}.key{key}").parse()?,
                    &Secret::new(format!("{name}-{key}")),
                )?;
            }
        }
        ["churn", file, name, length] => {
            let (file, name, length) = (FileSecrets::at(file), name.parse()?, length.parse()?);
            println!("begun");
            loop {
                for letter in ["a", "b"] {
                    file.set(&name, &Secret::new(letter.repeat(length)))?;
                }
            }
        }
        ["tell", home, marker] => tell(home, marker).await?,
        _ => return Err(format!("no such command: {arguments:?}").into()),
    }
    Ok(())
}
