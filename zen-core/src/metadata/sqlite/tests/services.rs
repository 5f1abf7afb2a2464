//! Services and leases from inside.

use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

use super::super::{SqliteMetadata, leases, programs, service_versions, services};
use super::{execute, plan};
use crate::metadata::{
    Change, LeaseOutcome, MetadataError, MetadataStore, ServiceFilter, ServiceRecord, ServiceState,
    ServiceStatus, ServiceVersionRecord,
};

fn with_a_service() -> (SqliteMetadata, Uuid) {
    let id = Uuid::now_v7();
    let service = ServiceRecord {
        id,
        name: "n".to_owned(),
        backend: "local".to_owned(),
        kind: "k".to_owned(),
        flavor: None,
        pipeline: None,
        run: None,
        step: None,
        model_name: None,
        model_uri: None,
        model_type: None,
        model_digest: None,
        config: json!({}),
        desired: ServiceState::Active,
        status: ServiceStatus {
            state: ServiceState::Active,
            last_state: ServiceState::Active,
            last_error: None,
            seen: DateTime::UNIX_EPOCH,
        },
        endpoint: None,
        version: 1,
        created: DateTime::UNIX_EPOCH,
        updated: DateTime::UNIX_EPOCH,
    };
    let version = ServiceVersionRecord {
        service: id,
        number: 1,
        config: json!({}),
        run: None,
        model_uri: None,
        model_digest: None,
        program: None,
        process: None,
        state: ServiceState::Active,
        error: None,
        started: DateTime::UNIX_EPOCH,
        live: None,
        ended: None,
    };
    let store = SqliteMetadata::in_memory().unwrap();
    store
        .apply(&[
            Change::Service(Box::new(service)),
            Change::ServiceVersion(Box::new(version)),
        ])
        .unwrap();
    (store, id)
}

#[test]
fn a_service_no_zen_wrote_is_told_with_its_column() {
    for (table, assignment, column, reason) in [
        ("service", "state = 'banana'", "state", "`banana` is no status"),
        ("service", "last_state = ''", "last_state", "`` is no status"),
        ("service", "endpoint = '{}'", "endpoint", "missing field"),
        ("service", "model_digest = x'00'", "model_digest", "32"),
        ("service", "version = -1", "version", "-1"),
        ("service", "seen = 9223372036854775807", "seen", "no time"),
        ("service_version", "process = '7'", "process", "invalid type"),
        (
            "service_version",
            "program_path = '', program_digest = x'01'",
            "program_digest",
            "32",
        ),
        (
            "service_version",
            "live = -9223372036854775808",
            "live",
            "no time",
        ),
    ] {
        let (store, id) = with_a_service();
        execute(&store, &format!("UPDATE {table} SET {assignment}"));
        let answers = match table {
            "service" => [
                store.service(id).map(drop),
                store.services(&ServiceFilter::default()).map(drop),
            ],
            _ => [
                store.service_version(id, 1).map(drop),
                store.service_versions(id).map(drop),
            ],
        };
        for answer in answers {
            let error = answer.unwrap_err();
            assert!(
                matches!(error, MetadataError::Damaged { .. }),
                "{assignment}: {error:?}"
            );
            let text = error.to_string();
            for part in [id.to_string().as_str(), column, reason] {
                assert!(text.contains(part), "`{text}` does not name {part}");
            }
        }
    }
}

#[test]
fn a_lease_no_zen_wrote_is_not_given_away() {
    let time = DateTime::UNIX_EPOCH;
    for (assignment, part) in [
        ("expires = NULL", "expires"),
        ("token = -1, holder = NULL", "token"),
    ] {
        let store = SqliteMetadata::in_memory().unwrap();
        let first = store.acquire_lease("the key", "me", time, time, None).unwrap();
        assert!(matches!(first, LeaseOutcome::Held(_)));
        execute(&store, &format!("UPDATE lease SET {assignment}"));
        let error = store
            .acquire_lease("the key", "me", time, time, None)
            .unwrap_err();
        assert!(
            matches!(error, MetadataError::Damaged { .. }),
            "{assignment}: {error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("the key") && text.contains(part),
            "`{text}` does not name {part}"
        );
    }
}

/// Each condition alone is looked up in its own index, which has the order of the list.
#[test]
fn services_are_found_by_their_indexes() {
    let store = SqliteMetadata::in_memory().unwrap();
    let some = || Some(String::new());
    type Set = fn(&mut ServiceFilter, Option<String>);
    let conditions: [(&str, Set); 9] = [
        ("name", |f, text| f.name = text),
        ("model_uri", |f, text| f.model_uri = text),
        ("model_name", |f, text| f.model_name = text),
        ("step", |f, text| f.step = text),
        ("pipeline", |f, text| f.pipeline = text),
        ("model_type", |f, text| f.model_type = text),
        ("flavor", |f, text| f.flavor = text),
        ("kind", |f, text| f.kind = text),
        ("desired", |f, _| f.desired = Some(ServiceState::Active)),
    ];
    for before in [None, Some(Uuid::nil())] {
        let none = ServiceFilter {
            before,
            limit: Some(1),
            ..ServiceFilter::default()
        };
        let mut queries = vec![(
            services::list_sql(&none).0,
            "service USING INDEX sqlite_autoindex_service_1".to_owned(),
        )];
        let end = if before.is_some() { " AND id<?)" } else { ")" };
        // Conditions are added from the last to the first: each alone, and each with all that are less telling.
        let mut several = none.clone();
        for (column, set) in conditions.iter().rev() {
            let mut one = none.clone();
            set(&mut one, some());
            set(&mut several, some());
            let index = format!("SEARCH service USING INDEX service_by_{column} ({column}=?{end}");
            queries.push((services::list_sql(&one).0, index.clone()));
            queries.push((services::list_sql(&several).0, index));
        }
        for (sql, index) in queries {
            let plan = plan(&store, &sql);
            assert!(
                plan.contains(&index) && plan.lines().count() == 1,
                "without {index}: {sql}\n{plan}"
            );
        }
        several.run = Some(Uuid::nil());
        let one = ServiceFilter {
            run: several.run,
            ..none
        };
        // A run's services are few: they may be sorted.
        for filter in [one, several] {
            let (sql, _) = services::list_sql(&filter);
            let plan = plan(&store, &sql);
            for index in [
                "SEARCH service USING INDEX sqlite_autoindex_service_1 (id=?)",
                "service_version USING COVERING INDEX service_version_by_run (run=?)",
                "service USING COVERING INDEX service_by_run (run=?)",
            ] {
                assert!(plan.contains(index), "without {index}: {sql}\n{plan}");
            }
            assert!(!plan.contains("SCAN service"), "{sql}\n{plan}");
        }
    }
    for (sql, index) in [
        (
            service_versions::OF_SERVICE,
            "sqlite_autoindex_service_version_1 (service=?)",
        ),
        (
            service_versions::ONE,
            "sqlite_autoindex_service_version_1 (service=? AND number=?)",
        ),
        (programs::IN_USE, "COVERING INDEX service_version_by_program"),
        (leases::ONE, "SEARCH lease USING PRIMARY KEY (key=?)"),
    ] {
        let plan = plan(&store, sql);
        assert!(
            plan.contains(index) && !plan.contains("TEMP B-TREE"),
            "without {index}: {sql}\n{plan}"
        );
    }
}
