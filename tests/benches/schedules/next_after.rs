//! Finding the next slot, beside croner's `find_next_occurrence` and, for intervals, the sum written by hand.

use std::hint::black_box;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::Criterion;
use croner::parser::CronParser;
use zen_core::schedule::{Schedule, Tz};

/// One group a row, with zen and its floor in it. The instants looked from go through a year, so that no answer is remembered.
pub(super) fn rows(criterion: &mut Criterion) {
    for (name, expression, zone) in [
        ("daily", "0 2 * * *", Tz::UTC),
        ("either_day", "0 2 13 * 5", Tz::UTC),
        ("berlin", "0 2 * * 1-5", Tz::Europe__Berlin),
    ] {
        let schedule = Schedule::cron(expression)
            .expect("the expression is right")
            .in_timezone(zone);
        let floor = CronParser::new().parse(expression).expect("croner takes it too");
        let mut group = criterion.benchmark_group(format!("next_after/{name}"));
        let mut times = times();
        group.bench_function("zen", |bencher| {
            bencher.iter(|| schedule.next_after(black_box(times())));
        });
        group.bench_function("floor", |bencher| {
            bencher.iter(|| floor.find_next_occurrence(&black_box(times()).with_timezone(&zone), false));
        });
        group.finish();
    }
    interval(criterion);
}

fn interval(criterion: &mut Criterion) {
    let start: DateTime<Utc> = DateTime::UNIX_EPOCH;
    let length = Duration::from_secs(900);
    let schedule = Schedule::every(length)
        .and_then(|schedule| schedule.start_at(start))
        .expect("the interval is right");
    let mut group = criterion.benchmark_group("next_after/interval");
    let mut times = times();
    group.bench_function("zen", |bencher| {
        bencher.iter(|| schedule.next_after(black_box(times())));
    });
    group.bench_function("floor", |bencher| {
        bencher.iter(|| {
            let count = (black_box(times()) - start).num_seconds() / 900 + 1;
            start + TimeDelta::seconds(count * 900)
        });
    });
    group.finish();
}

/// Instants of 2026 in leaps of a bit more than a day, again and again.
fn times() -> impl FnMut() -> DateTime<Utc> {
    let mut place = 0;
    move || {
        place = (place + 100_003) % (365 * 86_400);
        DateTime::from_timestamp(1_767_225_600 + place, 0).unwrap_or_default()
    }
}
