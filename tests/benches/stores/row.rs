//! One place, written and read by zen and by its floor in turn.

use std::time::{Duration, Instant};

use bytes::Bytes;
use zen_core::artifact::{ArtifactStore, Digest};

use crate::floor::Floor;

/// What is compared.
pub(crate) struct Row<'a> {
    pub(crate) place: &'a str,
    pub(crate) store: &'a ArtifactStore,
    pub(crate) floor: &'a dyn Floor,
}

pub(crate) fn heading(size: usize) {
    println!(
        "{:<34} {:>9} {:>9} {:>7}  pairs from .. to",
        format!("{} MB", size / 1_000_000),
        "zen",
        "floor",
        "ratio"
    );
}

impl Row<'_> {
    pub(crate) fn measure(&self, samples: usize, digest: Digest, content: &Bytes) {
        let (mut puts, mut gets) = (Vec::new(), Vec::new());
        // One more to warm up.
        for sample in 0..=samples {
            let put = [
                timed(|| self.store.put(digest, content.clone()).expect("zen writes")),
                timed(|| self.floor.put(content)),
            ];
            let get = [
                timed(|| {
                    assert_eq!(
                        self.store.get(digest, &"it").expect("zen reads").len(),
                        content.len()
                    )
                }),
                timed(|| assert_eq!(self.floor.get(), content.len())),
            ];
            self.store.delete(digest).expect("zen removes");
            self.floor.delete();
            if sample > 0 {
                puts.push(put);
                gets.push(get);
            }
        }
        print(
            &format!("{}, put (floor: {})", self.place, self.floor.name()),
            &puts,
        );
        print(&format!("{}, get and verify", self.place), &gets);
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn print(name: &str, pairs: &[[Duration; 2]]) {
    let side = |side: usize| median(pairs.iter().map(|pair| pair[side].as_secs_f64()).collect());
    let mut ratios: Vec<f64> = pairs
        .iter()
        .map(|[zen, floor]| zen.as_secs_f64() / floor.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let (first, last) = (ratios.first(), ratios.last());
    println!(
        "{name:<34} {:>7.3} s {:>7.3} s {:>6.2}x  {:.2} .. {:.2}",
        side(0),
        side(1),
        median(ratios.clone()),
        first.unwrap_or(&f64::NAN),
        last.unwrap_or(&f64::NAN)
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
