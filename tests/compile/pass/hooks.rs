//! What can be a hook, and where one is named.

use zen_core::graph::{Hook, StepDefinition};
use zen_core::prelude::*;

async fn notify(event: HookEvent) -> Result<()> {
    println!("{event}");
    Ok(())
}

/// With an error of its own.
async fn archive(_: HookEvent) -> std::result::Result<(), std::io::Error> {
    Ok(())
}

/// Not `async` itself.
fn by_hand(_: HookEvent) -> impl Future<Output = Result<(), String>> + Send {
    async { Ok(()) }
}

async fn generic<T: Send + 'static>(event: HookEvent) -> Result<()> {
    println!("{} {event}", std::any::type_name::<T>());
    Ok(())
}

mod hooks {
    use zen_core::prelude::*;

    #[zen_core::hook]
    pub(crate) async fn page(_: HookEvent) -> Result<()> {
        Ok(())
    }

    #[::zen_core::hook(crate = zen_core)]
    #[cfg(any())]
    async fn gone(_: Nothing) {}

    #[zen_core::hook]
    #[must_use]
    pub fn boxed(_: HookEvent) -> std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>> {
        Box::pin(async { Ok(()) })
    }
}

#[step(on_success = notify, on_failure = crate::hooks::page)]
fn one() -> u8 {
    1
}

#[step(on_success(notify, archive, by_hand,), on_failure(hooks::page, hooks::boxed, generic::<u8>))]
async fn several(value: u8) -> Result<u8> {
    Ok(value)
}

#[step(on_failure = generic::<T>)]
fn of_any<T: Materialize + Clone>(value: T) -> T {
    value
}

#[pipeline(on_success = notify, on_failure(archive, hooks::page))]
fn pipeline() -> Artifact<u8> {
    let one = one().on_failure(notify).retry(2).on_success(|event: HookEvent| async move {
        println!("{}", event.pipeline());
        Ok::<(), BoxError>(())
    });
    of_any(several(one).on_failure(Hook::new(archive)).on_success(async |_: HookEvent| Ok::<(), String>(())))
}

/// A hook that runs the pipeline whose hook it is.
async fn again(event: HookEvent) -> Result<()> {
    if event.run_id().is_none() {
        circle().quiet().run().await?;
    }
    Ok(())
}

#[step(on_failure = again)]
fn failing() -> Result<u8> {
    Err("always".into())
}

#[pipeline(on_failure = again)]
fn circle() -> Artifact<u8> {
    failing()
}

fn main() {
    let _: StepDefinition = one::definition().on_failure(notify).on_success(by_hand);
    let launch = pipeline().on_success(notify).quiet().on_failure(hooks::page);
    let _ = launch.hook_timeout(std::time::Duration::from_secs(1)).on_success(notify);
    circle().graph().unwrap();
    // Those above, and the one that zen has.
    assert_eq!(zen_core::graph::registered_hooks().len(), 3);
}
