//! Six and seven fields mean what they mean in the `cron` crate.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use zen_core::schedule::Schedule;

use super::{at, cron};

/// What the crate says, when it has a time to come. What is less than a day past may be to come in another zone.
fn of_the_crate(expression: &str, after: DateTime<Utc>, count: usize) -> Option<Vec<DateTime<Utc>>> {
    let schedule = ::cron::Schedule::from_str(expression).ok()?;
    schedule.after(&(Utc::now() - TimeDelta::days(1))).next()?;
    Some(schedule.after(&after).take(count).collect())
}

fn ours(expression: &str, after: DateTime<Utc>, count: usize) -> Option<Vec<DateTime<Utc>>> {
    Some(
        Schedule::cron(expression)
            .ok()?
            .after(after)
            .take(count)
            .collect(),
    )
}

/// Pieces that expressions are made of, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("*".to_owned()),
        1 => Just("?".to_owned()),
        3 => (0_u32..70).prop_map(|value| value.to_string()),
        2 => (0_u32..40, 0_u32..40).prop_map(|(from, to)| format!("{from}-{to}")),
        2 => (0_u32..13).prop_map(|step| format!("*/{step}")),
        1 => (0_u32..40, 0_u32..13).prop_map(|(from, step)| format!("{from}/{step}")),
        1 => (0_u32..10, 0_u32..40, 0_u32..70).prop_map(|(from, to, step)| format!("{from}-{to}/{step}")),
        1 => (1960_u32..2110, 1960_u32..2110).prop_map(|(from, to)| format!("{from}-{to}")),
        1 => prop::sample::select(vec![
            "mon", "FRI", "tues", "Sunday", "jan", "December", "mon-fri", "fri-mon", "Jan-mar", "mon/2", "mon-fri/2", "2-fri",
            "2030", "2030/3", "*/2/2", "1,", ",1", "5-", "-5", "1--2", "L", "0x1", "4294967296", "01", "*5", "1?", "?/2",
        ])
        .prop_map(str::to_owned),
    ]
}

fn field() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 1..3).prop_map(|pieces| pieces.join(","))
}

/// Fields that are right more often than not.
fn likely() -> impl Strategy<Value = Vec<String>> {
    let number = |low: u32, high: u32| {
        let high = high.max(low);
        prop_oneof![
            2 => Just("*".to_owned()),
            2 => (low..=high).prop_map(|value| value.to_string()),
            1 => (1..=high).prop_map(|step| format!("*/{step}")),
            1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
            1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{a},{b}")),
            1 => (low..=high, 1..=high).prop_map(|(a, step)| format!("{a}/{step}")),
        ]
    };
    let year = prop_oneof![
        Just("*".to_owned()),
        (2027_u32..2100).prop_map(|year| format!("{year},2099"))
    ];
    (
        number(0, 59),
        number(0, 59),
        number(0, 23),
        number(1, 31),
        number(1, 12),
        number(1, 7),
        year,
        any::<bool>(),
    )
        .prop_map(|(second, minute, hour, day, month, weekday, year, seven)| {
            let mut fields = vec![second, minute, hour, day, month, weekday];
            if seven {
                fields.push(year);
            }
            fields
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_the_crate_accepts_and_refuses(fields in prop::collection::vec(field(), 6..=7)) {
        let expression = fields.join(" ");
        let after = at("2026-01-01T00:00:00Z");
        prop_assert_eq!(ours(&expression, after, 5), of_the_crate(&expression, after, 5), "{}", expression);
    }

    #[test]
    fn the_same_slots(fields in likely(), seconds in 0_i64..4_000_000_000) {
        let expression = fields.join("  ");
        let after = DateTime::from_timestamp(seconds, 0).unwrap();
        prop_assert_eq!(ours(&expression, after, 20), of_the_crate(&expression, after, 20), "{}", expression);
    }

    #[test]
    fn one_wrong_field_among_right_ones(fields in likely(), place in 0_usize..6, wrong in field()) {
        let mut fields = fields;
        fields[place] = wrong;
        let expression = fields.join(" ");
        let after = at("2026-01-01T00:00:00Z");
        prop_assert_eq!(ours(&expression, after, 5), of_the_crate(&expression, after, 5), "{}", expression);
        // What is refused is said with a place and in words of ours.
        if let Err(error) = Schedule::cron(&expression) {
            let text = error.to_string();
            prop_assert!(text.contains('^') && !text.contains("can't be read"), "{}", text);
        }
    }
}

#[test]
fn spaces_and_stars_as_the_crate_takes_them() {
    for expression in [
        "0 0 0 1 - 5 * *",
        "0 0 12 1 , 15 * *",
        " * * * * * * ",
        "0 0 12 */ 5 * *",
        "\t0\n0 12 * * *",
    ] {
        let after = at("2026-01-01T00:00:00Z");
        let expected = of_the_crate(expression, after, 20);
        assert!(expected.is_some(), "{expression}");
        assert_eq!(ours(expression, after, 20), expected, "{expression}");
    }
}

#[test]
fn fewer_than_five_words_are_too_few_whatever_the_crate_makes_of_them() {
    for expression in ["******", "*/5 * * ***", "0 0 12 */5**"] {
        assert!(
            of_the_crate(expression, at("2026-01-01T00:00:00Z"), 1).is_some(),
            "{expression}"
        );
        let error = Schedule::cron(expression).unwrap_err().to_string();
        assert!(error.contains("too few"), "{error}");
    }
}

#[test]
fn weekdays_count_from_sunday_as_1_and_both_day_fields_must_match() {
    let slots: Vec<_> = cron("0 0 12 13 * 6")
        .after(at("2026-01-01T00:00:00Z"))
        .take(2)
        .collect();
    // Fridays that are a 13th.
    assert_eq!(slots, [at("2026-02-13T12:00:00Z"), at("2026-03-13T12:00:00Z")]);
}

#[test]
fn years_end() {
    let slots: Vec<_> = cron("0 0 0 1 1 * 2098-2100")
        .after(at("2026-01-01T00:00:00Z"))
        .collect();
    assert_eq!(
        slots,
        [
            at("2098-01-01T00:00:00Z"),
            at("2099-01-01T00:00:00Z"),
            at("2100-01-01T00:00:00Z")
        ]
    );
}
