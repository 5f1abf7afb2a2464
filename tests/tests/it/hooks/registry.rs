//! Hooks by name.

use zen_core::graph::{Hook, HookRegistryError, Outcome, find_hook, registered_hooks};
use zen_core::prelude::*;

#[zen_core::hook]
async fn listed(event: HookEvent) -> Result<()> {
    let _ = event;
    Ok(())
}

mod inner {
    use zen_core::prelude::*;

    #[zen_core::hook]
    pub(super) async fn deeper(event: HookEvent) -> std::result::Result<(), std::io::Error> {
        let _ = event;
        Ok(())
    }

    #[zen_core::hook]
    pub(super) async fn twice(_: HookEvent) -> Result<()> {
        Ok(())
    }
}

mod facade {
    pub(super) use super::inner::deeper as renamed;
}

#[zen_core::hook]
async fn twice(_: HookEvent) -> Result<()> {
    Ok(())
}

async fn unlisted(_: HookEvent) -> Result<()> {
    Ok(())
}

async fn generic<T: Send + 'static>(event: HookEvent) -> Result<()> {
    println!("{} {event}", std::any::type_name::<T>());
    Ok(())
}

#[zen_core::hook]
async fn r#match(_: HookEvent) -> Result<()> {
    Ok(())
}

/// A hook in a function: its path is that of the module.
fn local() -> Hook {
    #[zen_core::hook]
    async fn within(_: HookEvent) -> Result<()> {
        Ok(())
    }
    Hook::new(within)
}

fn also_local() -> Hook {
    async fn within(_: HookEvent) -> Result<()> {
        Ok(())
    }
    Hook::new(within)
}

const HERE: &str = module_path!();

#[test]
fn a_function_knows_the_name_it_is_found_by() {
    let of = |hook: Hook| hook.registered_name().map(str::to_owned);
    let named = |name: &str| Some(format!("{HERE}::{name}"));
    assert_eq!(of(Hook::new(listed)), named("listed"));
    assert_eq!(Hook::new(listed).name(), named("listed").unwrap());
    assert_eq!(of(Hook::new(facade::renamed)), named("inner::deeper"));
    assert_eq!(of(Hook::new(r#match)), named("match"));
    assert_eq!(of(local()), named("within"));
    assert_eq!(of(Hook::new(listed).clone()), named("listed"));
    // Another function of the same name, and others that nobody can find.
    assert_eq!(of(also_local()), None);
    assert_eq!(of(Hook::new(unlisted)), None);
    assert_eq!(of(Hook::new(generic::<u8>)), None);
    assert_eq!(
        of(Hook::new(|_: HookEvent| async { Ok::<(), BoxError>(()) })),
        None
    );
}

#[tokio::test]
async fn what_is_found_is_the_function() {
    for name in ["listed", "it::hooks::registry::listed"] {
        let hook = find_hook(name).unwrap();
        assert_eq!(hook.name(), "it::hooks::registry::listed");
        assert_eq!(hook.registered_name(), Some(hook.name()));
        assert_eq!(format!("{hook:?}"), "Hook(it::hooks::registry::listed)");
    }
    assert_eq!(
        find_hook("within").unwrap().registered_name(),
        Some("it::hooks::registry::within")
    );
    // And it stays a function.
    listed(HookEvent::for_test(Outcome::Success)).await.unwrap();
}

#[test]
fn names_that_nothing_or_two_have_are_errors() {
    let HookRegistryError::Unknown { name, known } = find_hook("unlisted").unwrap_err() else {
        panic!("it is listed");
    };
    assert_eq!(name, "unlisted");
    assert_eq!(known, registered_hooks().join(", "));
    assert!(
        known.contains("it::hooks::registry::inner::deeper, it::hooks::registry::inner::twice"),
        "{known}"
    );
    let error = find_hook("it::hooks::registry::gone").unwrap_err().to_string();
    assert!(
        error.starts_with("this program has no hook `it::hooks::registry::gone` (it has: it::hooks::"),
        "{error}"
    );
    let error = find_hook("twice").unwrap_err();
    let HookRegistryError::Duplicate { name, first, second } = &error else {
        panic!("{error}");
    };
    let mut places = [first, second];
    places.sort();
    assert_eq!(name, "twice");
    assert!(
        places[0].starts_with("it::hooks::registry::inner::twice (tests/tests/it/hooks/registry.rs:"),
        "{error}"
    );
    assert!(places[1].starts_with("it::hooks::registry::twice ("), "{error}");
    // By their paths they can be told apart.
    assert!(find_hook("it::hooks::registry::inner::twice").is_ok());
}
