//! The versions of services, and what goes with a service that is deleted.

use serde_json::Value;

use super::Check;
use super::samples::{apply, deployed, digest, id, kept, ok, service, service_version, some};
use crate::metadata::{
    Change, MetadataStore, ProgramRecord, ServiceFilter, ServiceRecord, ServiceVersionRecord,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_version_comes_back_as_it_was_written",
        a_version_comes_back_as_it_was_written,
    ),
    (
        "a_version_of_an_unknown_service_fails",
        a_version_of_an_unknown_service_fails,
    ),
    (
        "versions_below_a_number_are_pruned",
        versions_below_a_number_are_pruned,
    ),
    (
        "a_deleted_service_is_gone_with_its_versions",
        a_deleted_service_is_gone_with_its_versions,
    ),
    (
        "programs_are_in_use_while_a_version_refers_to_them",
        programs_are_in_use_while_a_version_refers_to_them,
    ),
];

fn a_version_comes_back_as_it_was_written(store: &dyn MetadataStore) {
    let (owner, other) = (service("owner"), service("other"));
    let full = service_version(owner.id, 2);
    let bare = ServiceVersionRecord {
        config: Value::Null,
        run: None,
        model_uri: None,
        model_digest: None,
        program: None,
        process: None,
        error: None,
        live: None,
        ended: None,
        ..service_version(owner.id, 10)
    };
    let mut odd = service_version(owner.id, u32::MAX);
    odd.program = Some(ProgramRecord {
        path: String::new(),
        digest: None,
    });
    let foreign = service_version(other.id, 2);
    let newest_first = [&odd, &bare, &full, &foreign];
    apply(store, &[kept(&owner), kept(&other)]);
    apply(store, &newest_first.map(deployed));
    for written in newest_first {
        assert_eq!(
            some(
                store.service_version(written.service, written.number),
                "service_version"
            ),
            *written,
            "a version comes back changed"
        );
    }
    let versions = ok(store.service_versions(owner.id), "service_versions");
    assert_eq!(
        versions,
        [full, bare.clone(), odd.clone()],
        "the versions are not oldest first"
    );

    let replaced = ServiceVersionRecord {
        number: 2,
        ..bare.clone()
    };
    apply(store, &[deployed(&replaced)]);
    let versions = ok(store.service_versions(owner.id), "service_versions");
    assert_eq!(
        versions,
        [replaced, bare, odd],
        "a version was not replaced as a whole"
    );
    assert_eq!(
        ok(store.service_versions(other.id), "service_versions"),
        [foreign],
        "replacing a version changed one of another service"
    );
    for (service, number) in [(owner.id, 3), (id(), 2)] {
        assert_eq!(
            ok(store.service_version(service, number), "service_version"),
            None,
            "a version nobody recorded is found"
        );
    }
    assert!(
        ok(store.service_versions(id()), "service_versions").is_empty(),
        "a service nobody recorded has versions"
    );
}

fn a_version_of_an_unknown_service_fails(store: &dyn MetadataStore) {
    let unknown = service("never recorded");
    let version = service_version(unknown.id, 1);
    assert!(
        store.apply(&[deployed(&version)]).is_err(),
        "a version of an unknown service was accepted"
    );
    assert_eq!(
        ok(store.service_version(unknown.id, 1), "service_version"),
        None,
        "a version that was refused is there"
    );
    apply(store, &[kept(&unknown), deployed(&version)]);
}

fn versions_below_a_number_are_pruned(store: &dyn MetadataStore) {
    let (pruned, other) = (service("s"), service("s"));
    let mut changes = vec![kept(&pruned), kept(&other)];
    for number in 1..=4 {
        changes.push(deployed(&service_version(pruned.id, number)));
        changes.push(deployed(&service_version(other.id, number)));
    }
    changes.push(Change::ServiceVersionsPruned {
        service: pruned.id,
        from: 3,
    });
    apply(store, &changes);
    let numbers = |service: &ServiceRecord| -> Vec<u32> {
        let versions = ok(store.service_versions(service.id), "service_versions");
        versions.iter().map(|version| version.number).collect()
    };
    assert_eq!(numbers(&pruned), [3, 4], "versions below 3 are gone");
    assert_eq!(
        numbers(&other),
        [1, 2, 3, 4],
        "another service keeps its versions"
    );
}

fn a_deleted_service_is_gone_with_its_versions(store: &dyn MetadataStore) {
    let (gone, stays) = (service("s"), service("s"));
    let version = |service: &ServiceRecord, number| deployed(&service_version(service.id, number));
    let deleted = Change::ServiceDeleted { service: gone.id };
    apply(
        store,
        &[
            kept(&gone),
            kept(&stays),
            version(&gone, 1),
            version(&gone, 2),
            version(&stays, 1),
        ],
    );
    // A second time it is gone already.
    for _ in 0..2 {
        apply(store, std::slice::from_ref(&deleted));
        assert_eq!(
            ok(store.service(gone.id), "service"),
            None,
            "a deleted service is found"
        );
        assert!(
            ok(store.service_versions(gone.id), "service_versions").is_empty(),
            "a deleted service has versions"
        );
        assert_eq!(
            ok(store.services(&ServiceFilter::default()), "services"),
            std::slice::from_ref(&stays),
            "another service was deleted too"
        );
        assert_eq!(
            ok(store.service_versions(stays.id), "service_versions").len(),
            1,
            "a version of another service was deleted"
        );
    }
    apply(store, &[kept(&gone)]);
    assert!(
        ok(store.service_versions(gone.id), "service_versions").is_empty(),
        "versions of a deleted service came back with it"
    );
}

fn programs_are_in_use_while_a_version_refers_to_them(store: &dyn MetadataStore) {
    let in_use = || ok(store.programs_in_use(), "programs_in_use");
    assert!(in_use().is_empty(), "a new store has programs in use");
    let (one, two) = (service("one"), service("two"));
    let version = |service: &ServiceRecord, number, program: Option<&str>| {
        deployed(&ServiceVersionRecord {
            program: program.map(|program| ProgramRecord {
                path: "/bin/serve".to_owned(),
                digest: (!program.is_empty()).then(|| digest(program)),
            }),
            ..service_version(service.id, number)
        })
    };
    apply(
        store,
        &[
            kept(&one),
            kept(&two),
            version(&one, 1, Some("a")),
            version(&one, 2, Some("b")),
            version(&one, 3, None),
            version(&one, 4, Some("")),
            version(&two, 1, Some("b")),
            version(&two, 2, Some("b")),
        ],
    );
    let mut both = [digest("a"), digest("b")];
    both.sort();
    assert_eq!(in_use(), both, "the programs in use are not each listed once");
    apply(store, &[version(&one, 1, Some("b"))]);
    assert_eq!(
        in_use(),
        [digest("b")],
        "a program that was replaced is still in use"
    );
    apply(store, &[Change::ServiceDeleted { service: one.id }]);
    assert_eq!(
        in_use(),
        [digest("b")],
        "a program of a service that stays is not in use"
    );
    apply(store, &[Change::ServiceDeleted { service: two.id }]);
    assert!(
        in_use().is_empty(),
        "the program of a deleted service is still in use"
    );
}
