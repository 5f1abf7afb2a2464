//! Any text is a name.

use zen_core::metadata::ServiceFilter;
use zen_core::prelude::*;
use zen_core::service::LocalOptions;
use zen_tests::services::{Greeter, ask};

use super::support::{SOON, assert_gone, processes, project};

#[test]
fn harmless() {
    let project = project();
    let outside = project.folder().join("untouched");
    std::fs::write(&outside, "").unwrap();
    let long = "n".repeat(10_000);
    let wide = "🦀".repeat(10_000);
    for name in [
        "",
        "größe 名前 🦀",
        "nul\0in it",
        "\0",
        "../../untouched",
        "..",
        "/",
        "--help",
        "a\nb\u{1b}[31m",
        "'; DROP TABLE service; --",
        &long,
        &wide,
    ] {
        let service =
            Service::local_with(&project.stack, name, &Greeter::new(name), LocalOptions::default()).unwrap();
        service.start(SOON).unwrap();
        assert!(service.is_running());
        assert!(ask(&service).unwrap().trim().starts_with(name.trim()));
        assert_eq!(processes(service.id()).len(), 1);
        assert_eq!(service.record().unwrap().name, name);
        let filter = ServiceFilter {
            name: Some(name.to_owned()),
            ..ServiceFilter::default()
        };
        let found = Client::of(project.stack.clone()).services(&filter).unwrap();
        assert_eq!(found.iter().map(Service::id).collect::<Vec<_>>(), [service.id()]);
        service.delete(SOON, false).unwrap();
        assert_gone(&service);
    }
    assert!(outside.exists());
    let left = std::fs::read_dir(project.folder()).unwrap().count();
    assert_eq!(left, 2, "the project's folder and the file");
}
