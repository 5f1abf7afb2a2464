//! When the clocks of all zones were changed, 1970 to 2037, found by looking at their offsets.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Offset, TimeZone, Utc};
use zen_core::schedule::Tz;

/// A change of a clock.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// The first zone that has it; many zones share theirs.
    pub zone: Tz,
    /// The first instant with the new offset.
    pub at: DateTime<Utc>,
    /// Seconds ahead of UTC before it.
    pub before: i64,
    /// And from then on.
    pub after: i64,
}

impl Transition {
    /// Seconds of local time that are left out; negative when they are repeated.
    pub fn gap(&self) -> i64 {
        self.after - self.before
    }

    /// Whether the wall clock goes over midnight with it, so that a date before it becomes one after it.
    pub fn over_midnight(&self) -> bool {
        let day = |seconds: i64| seconds.div_euclid(86_400);
        let time = self.at.timestamp();
        self.gap() > 0 && day(time + self.before) != day(time + self.after)
    }
}

/// All of them; those that several zones share once.
pub static ALL: LazyLock<Vec<Transition>> = LazyLock::new(|| {
    let mut found = BTreeMap::new();
    for zone in chrono_tz::TZ_VARIANTS {
        let mut before = offset(zone, 0);
        for day in 1..365 * 68 {
            let after = offset(zone, day * 86_400);
            if after == before {
                continue;
            }
            let (mut low, mut high) = ((day - 1) * 86_400, day * 86_400);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                match offset(zone, middle) == after {
                    true => high = middle,
                    false => low = middle,
                }
            }
            let at = DateTime::from_timestamp(high, 0).expect("a time near");
            found.entry((high, before, after)).or_insert(Transition {
                zone,
                at,
                before,
                after,
            });
            before = after;
        }
    }
    found.into_values().collect()
});

fn offset(zone: Tz, seconds: i64) -> i64 {
    let time = DateTime::from_timestamp(seconds, 0).expect("a time near");
    zone.offset_from_utc_datetime(&time.naive_utc())
        .fix()
        .local_minus_utc()
        .into()
}

#[test]
fn the_scan_finds_the_known_ones() {
    let found = |zone: Tz, text: &str| {
        let time = super::at(text);
        ALL.iter()
            .any(|change| change.at == time && offset(zone, time.timestamp()) == change.after)
    };
    assert!(found(Tz::Europe__Berlin, "2026-03-29T01:00:00Z"));
    assert!(found(Tz::Pacific__Apia, "2011-12-30T10:00:00Z"));
    assert!(found(Tz::Australia__Lord_Howe, "2026-04-04T15:00:00Z"));
    assert!(ALL.len() > 3000, "{}", ALL.len());
}
