//! What is registered: kept, changed and deleted, by several at once.

use std::collections::BTreeMap;

use zen_core::stack::{ComponentDefinition, ComponentType, Settings, SettingsError, StackDefinition};

use super::Project;

const STORE: ComponentType = ComponentType::ArtifactStore;

#[test]
fn components_and_stacks_are_registered_changed_and_deleted() {
    let project = Project::new("[stacks.of_file]\nartifact_store = \"shelf\"\n");
    let mut settings = project.settings();
    let shelf = ComponentDefinition::new(STORE, "shelf", "local").with("path", "shelf");
    settings.register_component(shelf.clone()).unwrap();
    assert!(matches!(
        settings.register_component(shelf),
        Err(SettingsError::Exists { .. })
    ));
    let stack = StackDefinition::new("mine").with(STORE, "shelf");
    settings.register_stack(stack.clone()).unwrap();
    assert!(matches!(
        settings.register_stack(stack),
        Err(SettingsError::Exists { .. })
    ));
    settings.copy_stack("of_file", "copied").unwrap();
    settings.set_active("mine").unwrap();

    // Another process sees the same.
    let mut other = project.settings();
    assert_eq!(other.active().0, "mine");
    assert_eq!(other.component(STORE, "shelf").unwrap().values["path"], "shelf");
    assert_eq!(other.stack("copied").unwrap().components[&STORE], "shelf");

    let error = other.delete_component(STORE, "shelf").unwrap_err().to_string();
    assert!(
        error.contains("used by stack `copied`, stack `mine`, stack `of_file`"),
        "{error}"
    );
    let error = other.delete_stack("mine").unwrap_err().to_string();
    assert!(error.contains("as the active stack"), "{error}");
    let error = other.delete_stack("of_file").unwrap_err().to_string();
    assert!(error.contains("zen.toml:1: change it there"), "{error}");
    for built_in in [
        other.delete_stack("default"),
        other.delete_component(STORE, "default"),
    ] {
        assert!(matches!(built_in, Err(SettingsError::BuiltIn { .. })));
    }

    let change = |key: &str, value: Option<serde_json::Value>| BTreeMap::from([(key.to_owned(), value)]);
    other
        .update_component(STORE, "shelf", change("survive_power_loss", Some(true.into())))
        .unwrap();
    let refused = other
        .update_component(STORE, "shelf", change("pth", Some("x".into())))
        .unwrap_err();
    assert!(refused.to_string().contains("did you mean `path`?"), "{refused}");
    other
        .update_component(STORE, "shelf", change("path", None))
        .unwrap();
    let values = project.settings().component(STORE, "shelf").unwrap().values;
    assert_eq!(
        values,
        BTreeMap::from([("survive_power_loss".to_owned(), true.into())])
    );

    other
        .update_stack("mine", &BTreeMap::from([(STORE, None)]))
        .unwrap();
    assert!(project.settings().stack("mine").unwrap().components.is_empty());
    other.set_active("default").unwrap();
    other.delete_stack("mine").unwrap();
    assert!(matches!(
        project.settings().stack("mine"),
        Err(SettingsError::NoStack { .. })
    ));
}

#[test]
fn many_at_once_lose_nothing() {
    let project = Project::new("");
    let home = project.home();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let home = &home;
            scope.spawn(move || {
                for number in 0..10 {
                    let name = format!("s{worker}-{number}");
                    let mut settings = Settings::at(home).unwrap();
                    settings
                        .register_component(ComponentDefinition::new(STORE, name, "memory"))
                        .unwrap();
                }
            });
        }
    });
    let stores = project.settings().components(Some(STORE));
    assert_eq!(stores.len(), 41, "forty, and the default");
    let left: Vec<_> = std::fs::read_dir(&home)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 3, ".gitignore, the file and its lock: {left:?}");
}

#[test]
fn names_that_can_t_be_are_refused() {
    let project = Project::new("");
    let mut settings = project.settings();
    for name in ["", "a b", "-x", ".x", "a/b", &"x".repeat(101)] {
        let component = ComponentDefinition::new(STORE, name, "memory");
        assert!(
            matches!(
                settings.register_component(component),
                Err(SettingsError::Name { .. })
            ),
            "{name}"
        );
        assert!(matches!(
            settings.register_stack(StackDefinition::new(name)),
            Err(SettingsError::Name { .. })
        ));
    }
    let unknown = StackDefinition::new("x").with(STORE, "nowhere");
    assert!(matches!(
        settings.register_stack(unknown),
        Err(SettingsError::NoComponent { .. })
    ));
    assert!(!project.home().exists(), "what was refused left nothing");
}
