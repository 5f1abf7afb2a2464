//! Ids that rise, also when the clock was set back.

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// The last id given; later ones are greater.
static LAST: Mutex<u128> = Mutex::new(0);

/// Where the time of a UUIDv7, in milliseconds, begins.
const TIME: u32 = 80;

/// The 62 random bits at the end.
const RANDOM: u128 = (1 << 62) - 1;

/// A new id (a UUIDv7), greater than all that this process was given before, and than those it was told to be [`newer_than`]. Lists that go by
/// age are sorted by it.
pub(crate) fn next() -> Uuid {
    let now = Uuid::now_v7().as_u128();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    *last = if now > *last { now } else { following(*last, now) };
    Uuid::from_u128(*last)
}

/// From now on, this process's ids are greater than `id`, which another process may have made while the clock showed a later time.
pub(crate) fn newer_than(id: Uuid) {
    let (id, now) = (id.as_u128(), Uuid::now_v7().as_u128());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if id >= now && id > *last {
        // Random bits of its own: other processes may be told of the same id at the same moment.
        *last = later(id, now);
    }
}

/// The next id after `last` that is as good as unique: counted on in its random part.
fn following(last: u128, now: u128) -> u128 {
    match last & RANDOM {
        RANDOM => later(last, now),
        _ => last + 1,
    }
}

/// A millisecond after `id`, with the random part of `now`.
fn later(id: u128, now: u128) -> u128 {
    let time = (id >> TIME).saturating_add(1).min((1 << 48) - 1);
    (time << TIME) | (now & ((1 << TIME) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_after_one_from_the_future() {
        let now = Uuid::now_v7();
        let future = Uuid::from_u128(now.as_u128() + (1_000_000 << TIME));
        newer_than(now);
        let before = next();
        assert!(now < before && before < future);
        newer_than(future);
        let mut last = future;
        for _ in 0..1000 {
            let id = next();
            assert!(id > last, "{id} does not follow {last}");
            assert_eq!(
                (id.get_version_num(), id.get_variant()),
                (7, uuid::Variant::RFC4122)
            );
            last = id;
        }
        newer_than(now);
        assert!(next() > last);
    }

    #[test]
    fn the_random_part_carries_over() {
        let full = (5 << TIME) | (7 << 76) | (2 << 62) | RANDOM;
        let id = following(full, Uuid::now_v7().as_u128());
        assert_eq!(id >> TIME, 6);
        assert!(id > full);
    }
}
