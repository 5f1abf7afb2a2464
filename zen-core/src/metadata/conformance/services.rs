//! Services: what is kept of them, and lists of them.

use serde_json::Value;
use uuid::Uuid;

use super::Check;
use super::samples::{apply, deployed, id, kept, ok, service, service_version, some, time};
use crate::metadata::{
    Change, Endpoint, MetadataStore, ServiceFilter, ServiceRecord, ServiceState, ServiceStatus,
    ServiceVersionRecord,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_service_comes_back_as_it_was_written",
        a_service_comes_back_as_it_was_written,
    ),
    ("a_service_is_replaced_by_its_id", a_service_is_replaced_by_its_id),
    ("every_state_comes_back", every_state_comes_back),
    (
        "services_are_filtered_and_newest_first",
        services_are_filtered_and_newest_first,
    ),
    (
        "services_are_found_by_the_runs_of_their_versions",
        services_are_found_by_the_runs_of_their_versions,
    ),
    ("services_are_paged", services_are_paged),
    (
        "an_observation_changes_the_status_only",
        an_observation_changes_the_status_only,
    ),
    (
        "an_observation_that_is_too_late_is_ignored",
        an_observation_that_is_too_late_is_ignored,
    ),
];

/// A service with no optional field filled in.
fn bare(name: &str) -> ServiceRecord {
    let mut bare = ServiceRecord {
        flavor: None,
        pipeline: None,
        run: None,
        step: None,
        model_name: None,
        model_uri: None,
        model_type: None,
        model_digest: None,
        config: Value::Null,
        endpoint: None,
        version: 0,
        ..service(name)
    };
    bare.status.last_error = None;
    bare
}

fn list(store: &dyn MetadataStore, filter: &ServiceFilter) -> Vec<Uuid> {
    let found = ok(store.services(filter), "services");
    found.iter().map(|service| service.id).collect()
}

fn a_service_comes_back_as_it_was_written(store: &dyn MetadataStore) {
    let full = service("full");
    let bare = bare("bare");
    let odd = ServiceRecord {
        flavor: Some(String::new()),
        pipeline: Some("\"é\u{1f980}\n'".to_owned()),
        version: u32::MAX,
        endpoint: Some(Endpoint {
            protocol: "tcp".to_owned(),
            host: String::new(),
            port: 0,
            health_path: None,
            prediction_path: None,
        }),
        ..service("")
    };
    apply(store, &[&full, &bare, &odd].map(kept));
    for written in [&full, &bare, &odd] {
        assert_eq!(
            some(store.service(written.id), "service"),
            *written,
            "a service comes back changed"
        );
    }
    assert_eq!(
        ok(store.services(&ServiceFilter::default()), "services"),
        [odd, bare, full],
        "the list differs"
    );
    assert_eq!(
        ok(store.service(id()), "service"),
        None,
        "a service nobody recorded is found"
    );
}

fn a_service_is_replaced_by_its_id(store: &dyn MetadataStore) {
    let (first, other) = (service("first"), service("first"));
    let version = service_version(first.id, 1);
    apply(store, &[kept(&first), kept(&other), deployed(&version)]);
    let changed = ServiceRecord {
        id: first.id,
        name: "second".to_owned(),
        backend: "elsewhere".to_owned(),
        kind: "web".to_owned(),
        desired: ServiceState::Inactive,
        created: time(100),
        updated: time(101),
        status: ServiceStatus {
            state: ServiceState::Inactive,
            last_state: ServiceState::Active,
            last_error: None,
            // Earlier than what is replaced: a replacement is no observation.
            seen: time(-5),
        },
        ..bare("second")
    };
    for written in [&changed, &first, &changed] {
        apply(store, &[kept(written)]);
        assert_eq!(
            some(store.service(first.id), "service"),
            *written,
            "a service was not replaced as a whole"
        );
    }
    assert_eq!(
        ok(store.services(&ServiceFilter::default()), "services"),
        [other, changed],
        "replacing a service changed its place, or another one"
    );
    assert_eq!(
        ok(store.service_versions(first.id), "service_versions"),
        [version],
        "replacing a service changed its versions"
    );
    let by_name = |name: &str| ServiceFilter {
        name: Some(name.to_owned()),
        ..ServiceFilter::default()
    };
    assert_eq!(
        list(store, &by_name("second")),
        [first.id],
        "the new name finds nothing"
    );
    assert_eq!(
        list(store, &by_name("first")).len(),
        1,
        "the old name still finds the service"
    );
}

fn every_state_comes_back(store: &dyn MetadataStore) {
    for state in ServiceState::ALL {
        let mut written = service("s");
        (written.desired, written.status.state, written.status.last_state) = (state, state, state);
        let version = ServiceVersionRecord {
            state,
            ..service_version(written.id, 1)
        };
        apply(store, &[kept(&written), deployed(&version)]);
        assert_eq!(
            some(store.service(written.id), "service"),
            written,
            "state {state} comes back changed"
        );
        assert_eq!(
            some(store.service_version(written.id, 1), "service_version"),
            version,
            "state {state} of a version comes back changed"
        );
    }
}

/// Sets one condition of a filter, and what it asks for in a service.
type Condition = (&'static str, fn(&mut ServiceFilter), fn(&mut ServiceRecord));

const CONDITIONS: [Condition; 10] = [
    (
        "name",
        |f| f.name = Some("wanted".to_owned()),
        |s| s.name = "wanted".to_owned(),
    ),
    (
        "pipeline",
        |f| f.pipeline = Some("wanted".to_owned()),
        |s| s.pipeline = Some("wanted".to_owned()),
    ),
    (
        "run",
        |f| f.run = Some(Uuid::max()),
        |s| s.run = Some(Uuid::max()),
    ),
    (
        "step",
        |f| f.step = Some("wanted".to_owned()),
        |s| s.step = Some("wanted".to_owned()),
    ),
    (
        "model_name",
        |f| f.model_name = Some("wanted".to_owned()),
        |s| s.model_name = Some("wanted".to_owned()),
    ),
    (
        "model_uri",
        |f| f.model_uri = Some("wanted".to_owned()),
        |s| s.model_uri = Some("wanted".to_owned()),
    ),
    (
        "model_type",
        |f| f.model_type = Some("wanted".to_owned()),
        |s| s.model_type = Some("wanted".to_owned()),
    ),
    (
        "kind",
        |f| f.kind = Some("wanted".to_owned()),
        |s| s.kind = "wanted".to_owned(),
    ),
    (
        "flavor",
        |f| f.flavor = Some("wanted".to_owned()),
        |s| s.flavor = Some("wanted".to_owned()),
    ),
    (
        "desired",
        |f| f.desired = Some(ServiceState::Inactive),
        |s| s.desired = ServiceState::Inactive,
    ),
];

fn services_are_filtered_and_newest_first(store: &dyn MetadataStore) {
    // Every single and every pair of conditions is met by its own services, in full and by otherwise bare ones.
    let mut written = Vec::new();
    for (one, (_, _, set_one)) in CONDITIONS.iter().enumerate() {
        for (other, (_, _, set_other)) in CONDITIONS.iter().enumerate().skip(one) {
            for mut service in [service("s"), bare("s")] {
                set_one(&mut service);
                set_other(&mut service);
                written.push((one, other, service));
            }
        }
    }
    let mut all = service("s");
    CONDITIONS.iter().for_each(|(_, _, set)| set(&mut all));
    let mut changes: Vec<Change> = written.iter().map(|(_, _, service)| kept(service)).collect();
    changes.extend([kept(&all), kept(&service("s")), kept(&bare("s"))]);
    apply(store, &changes);

    for (one, (name, filter_one, _)) in CONDITIONS.iter().enumerate() {
        for (other, (other_name, filter_other, _)) in CONDITIONS.iter().enumerate().skip(one) {
            let mut filter = ServiceFilter::default();
            filter_one(&mut filter);
            filter_other(&mut filter);
            let meets = |a: usize, b: usize, wanted: usize| a == wanted || b == wanted;
            let matching = written
                .iter()
                .filter(|(a, b, _)| meets(*a, *b, one) && meets(*a, *b, other))
                .map(|(_, _, service)| service.id);
            let mut expected: Vec<Uuid> = matching.chain([all.id]).collect();
            expected.reverse();
            assert_eq!(
                list(store, &filter),
                expected,
                "the filter of {name} and {other_name} lists others, or in another order"
            );
        }
    }
    let mut filter = ServiceFilter::default();
    CONDITIONS.iter().for_each(|(_, set, _)| set(&mut filter));
    assert_eq!(
        list(store, &filter),
        [all.id],
        "all conditions together list something else"
    );
    filter.name = Some("nobody".to_owned());
    assert!(
        list(store, &filter).is_empty(),
        "a condition that nothing meets is overlooked"
    );
}

fn services_are_found_by_the_runs_of_their_versions(store: &dyn MetadataStore) {
    let (old, current, never) = (id(), id(), id());
    let mut updated = service("updated");
    updated.run = Some(current);
    let version = |number, run| ServiceVersionRecord {
        run,
        ..service_version(updated.id, number)
    };
    let other = service("other");
    apply(
        store,
        &[
            kept(&updated),
            deployed(&version(1, Some(old))),
            deployed(&version(2, None)),
            deployed(&version(3, Some(current))),
            deployed(&version(4, Some(current))),
            kept(&other),
            deployed(&ServiceVersionRecord {
                run: Some(old),
                ..service_version(other.id, 1)
            }),
        ],
    );
    let by_run = |run| ServiceFilter {
        run: Some(run),
        ..ServiceFilter::default()
    };
    assert_eq!(
        list(store, &by_run(old)),
        [other.id, updated.id],
        "a run whose versions were replaced is not found"
    );
    assert_eq!(
        list(store, &by_run(current)),
        [updated.id],
        "a service with two versions of a run is not listed once"
    );
    assert!(
        list(store, &by_run(never)).is_empty(),
        "a run that deployed nothing has services"
    );
    let paged = ServiceFilter {
        before: Some(other.id),
        ..by_run(old)
    };
    assert_eq!(
        list(store, &paged),
        [updated.id],
        "services of a run are not paged"
    );
}

fn services_are_paged(store: &dyn MetadataStore) {
    let written: Vec<ServiceRecord> = (0..7).map(|n| service(["even", "odd"][n % 2])).collect();
    apply(store, &written.iter().map(kept).collect::<Vec<_>>());
    for (name, count) in [(None, 7), (Some("even"), 4), (Some("odd"), 3)] {
        let mut filter = ServiceFilter {
            name: name.map(str::to_owned),
            ..ServiceFilter::default()
        };
        let all = list(store, &filter);
        assert_eq!(all.len(), count, "the list of {name:?} is not complete");
        filter.limit = Some(2);
        let mut paged = Vec::new();
        loop {
            let page = list(store, &filter);
            assert!(page.len() <= 2, "a page is longer than its limit");
            let Some(last) = page.last() else { break };
            filter.before = Some(*last);
            paged.extend(page);
        }
        assert_eq!(paged, all, "the pages of {name:?} are not the list");
        filter = ServiceFilter {
            before: None,
            limit: Some(0),
            ..filter
        };
        assert!(list(store, &filter).is_empty(), "a page of none has services");
    }
}

fn seen(service: &ServiceRecord, version: u32, status: &ServiceStatus) -> Change {
    Change::ServiceObserved {
        service: service.id,
        version,
        status: status.clone(),
    }
}

fn an_observation_changes_the_status_only(store: &dyn MetadataStore) {
    let (mut observed, other) = (service("observed"), service("other"));
    let version = service_version(observed.id, observed.version);
    apply(store, &[kept(&observed), kept(&other), deployed(&version)]);
    let statuses = [
        (ServiceState::Active, ServiceState::PendingStartup, None, 20),
        // As given, though the one before was another.
        (ServiceState::Error, ServiceState::ScaledToZero, Some("gone"), 21),
        // At the same moment: the later call counts.
        (ServiceState::Inactive, ServiceState::Inactive, None, 21),
    ];
    for (state, last_state, error, micros) in statuses {
        observed.status = ServiceStatus {
            state,
            last_state,
            last_error: error.map(str::to_owned),
            seen: time(micros),
        };
        apply(store, &[seen(&observed, observed.version, &observed.status)]);
        assert_eq!(
            some(store.service(observed.id), "service"),
            observed,
            "an observation changed something else, or not the whole status"
        );
    }
    assert_eq!(
        some(store.service(other.id), "service"),
        other,
        "an observation changed another service"
    );
    assert_eq!(
        ok(store.service_versions(observed.id), "service_versions"),
        [version],
        "an observation changed a version"
    );
}

fn an_observation_that_is_too_late_is_ignored(store: &dyn MetadataStore) {
    let written = service("s");
    apply(store, &[kept(&written)]);
    let status = |micros| ServiceStatus {
        state: ServiceState::Error,
        last_state: ServiceState::Active,
        last_error: Some("too late".to_owned()),
        seen: time(micros),
    };
    let before = written.status.seen.timestamp_micros() - time(0).timestamp_micros() - 1;
    for (what, change) in [
        (
            "an older version",
            seen(&written, written.version - 1, &status(99)),
        ),
        (
            "a newer version",
            seen(&written, written.version + 1, &status(99)),
        ),
        (
            "an earlier moment",
            seen(&written, written.version, &status(before)),
        ),
    ] {
        apply(store, &[change]);
        assert_eq!(
            some(store.service(written.id), "service"),
            written,
            "an observation of {what} was not ignored"
        );
    }
    let unknown = service("never recorded");
    // Ignored, and nothing else of the list with it.
    let after = service("after");
    apply(
        store,
        &[seen(&unknown, unknown.version, &status(99)), kept(&after)],
    );
    assert_eq!(
        ok(store.service(unknown.id), "service"),
        None,
        "an observation made a service"
    );
    some(store.service(after.id), "service");
}
