//! The smallest and the largest element of an array, in one pass.

use ndarray::{Array, Dimension};
use serde_json::Value;

use super::{BLOCK, NpyElement};
use crate::artifact::{ColumnStatistics, Statistics};

/// Elements that are compared side by side, which a processor does at once: it need not wait for the last comparison before
/// the next.
const LANES: usize = 16;

/// Elements that are looked at. The pass takes a small part of the time of encoding and hashing in an optimised build; in another, it would take most
/// of it, and large arrays are left alone.
const MOST: usize = if cfg!(debug_assertions) {
    1 << 20
} else {
    usize::MAX
};

/// The array as one column without a name.
pub(super) fn statistics<A: NpyElement, D: Dimension>(array: &Array<A, D>) -> Statistics {
    let mut statistics = Statistics {
        rows: array.shape().first().map(|len| *len as u64),
        ..Statistics::default()
    };
    let mut column =
        ColumnStatistics::new("", A::DTYPE.rust).shape(array.shape().iter().map(|len| *len as u64));
    if array.len() > MOST {
        statistics.push(column);
        return statistics;
    }
    // The order of the elements is of no account.
    let found = match array.as_slice_memory_order() {
        Some(all) => Extremes::of(all),
        None => {
            let mut found = Extremes::default();
            let mut elements = array.iter().copied();
            loop {
                let block: Vec<A> = elements.by_ref().take(BLOCK).collect();
                if block.is_empty() {
                    break found;
                }
                found = found.and(&block);
            }
        }
    };
    if A::HAS_NAN {
        column = column.nans(found.nans);
    }
    if let Some((min, max)) = found.range {
        column = column.range(min.json(), max.json());
    }
    statistics.push(column);
    statistics
}

struct Extremes<A> {
    /// None while there was nothing but NaN.
    range: Option<(A, A)>,
    nans: u64,
}

impl<A> Default for Extremes<A> {
    fn default() -> Self {
        Self { range: None, nans: 0 }
    }
}

impl<A: NpyElement> Extremes<A> {
    fn of(elements: &[A]) -> Self {
        // Beginning with an element that is no NaN, comparisons leave the others out by themselves.
        let Some(first) = elements.iter().position(|x| !x.is_nan()) else {
            return Self {
                range: None,
                nans: elements.len() as u64,
            };
        };
        let (mut low, mut high) = ([elements[first]; LANES], [elements[first]; LANES]);
        let mut nans = [0u64; LANES];
        let (blocks, rest) = elements[first..].as_chunks::<LANES>();
        for block in blocks {
            for lane in 0..LANES {
                let x = block[lane];
                low[lane] = if x < low[lane] { x } else { low[lane] };
                high[lane] = if x > high[lane] { x } else { high[lane] };
                if A::HAS_NAN {
                    nans[lane] += u64::from(x.is_nan());
                }
            }
        }
        let lanes = low.iter().zip(&high).map(|(low, high)| (*low, *high));
        let numbers = rest.iter().filter(|x| !x.is_nan()).map(|x| (*x, *x));
        let nans_of_rest = rest.iter().filter(|x| x.is_nan()).count() as u64;
        Self {
            range: lanes.chain(numbers).reduce(wider),
            nans: first as u64 + nans.iter().sum::<u64>() + nans_of_rest,
        }
    }

    fn and(self, more: &[A]) -> Self {
        let more = Self::of(more);
        Self {
            range: self.range.into_iter().chain(more.range).reduce(wider),
            nans: self.nans + more.nans,
        }
    }
}

fn wider<A: PartialOrd>((low, high): (A, A), (lower, higher): (A, A)) -> (A, A) {
    (
        if lower < low { lower } else { low },
        if higher > high { higher } else { high },
    )
}

/// What comparing an element and showing it needs.
pub trait Extreme: Copy + PartialOrd {
    const HAS_NAN: bool;

    fn is_nan(&self) -> bool {
        false
    }

    fn json(self) -> Value;
}

macro_rules! whole {
    ($($type:ident)*) => {$(
        impl Extreme for $type {
            const HAS_NAN: bool = false;

            fn json(self) -> Value {
                self.into()
            }
        }
    )*};
}

whole!(bool i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! float {
    ($($type:ident)*) => {$(
        impl Extreme for $type {
            const HAS_NAN: bool = true;

            fn is_nan(&self) -> bool {
                <$type>::is_nan(*self)
            }

            fn json(self) -> Value {
                ColumnStatistics::float(self)
            }
        }
    )*};
}

float!(f32 f64);

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, Axis, Slice};
    use serde_json::json;

    use super::*;

    fn column<A: NpyElement, D: Dimension>(array: &Array<A, D>) -> ColumnStatistics {
        statistics(array).columns.remove(0)
    }

    #[test]
    fn as_a_loop_finds_them_at_every_length() {
        for len in 0..100i64 {
            let array = Array1::from_iter((0..len).map(|i| (i * 37 % 101) - 50));
            let expected = array.iter().min().map(|min| json!(min));
            assert_eq!(column(&array).min, expected, "{len}");
            let expected = array.iter().max().map(|max| json!(max));
            assert_eq!(column(&array).max, expected, "{len}");
            assert_eq!(column(&array).nans, None);
        }
    }

    #[test]
    fn nan_is_counted_wherever_it_stands() {
        for len in 0..70 {
            for nan in 0..len {
                let mut array = Array1::from_iter((0..len).map(|i| i as f32));
                array[nan] = f32::NAN;
                let found = column(&array);
                assert_eq!(found.nans, Some(1), "{nan} of {len}");
                let numbers: Vec<_> = array.iter().filter(|x| !x.is_nan()).collect();
                let first = numbers.first().map(|x| ColumnStatistics::float(**x));
                let last = numbers.last().map(|x| ColumnStatistics::float(**x));
                assert_eq!((found.min, found.max), (first, last), "{nan} of {len}");
            }
        }
        let none = column(&Array1::from_elem(40, f64::NAN));
        assert_eq!((none.nans, none.min, none.max), (Some(40), None, None));
    }

    #[test]
    fn arrays_with_gaps_and_other_orders() {
        let array = Array2::from_shape_fn((8, 8), |(i, j)| i as f64 * 10.0 + j as f64);
        let mut gaps = array.clone();
        gaps.slice_axis_inplace(Axis(0), Slice::new(1, Some(6), 2));
        gaps.slice_axis_inplace(Axis(1), Slice::new(2, None, 3));
        assert!(gaps.as_slice_memory_order().is_none());
        let found = column(&gaps);
        assert_eq!((found.min, found.max), (Some(json!(12.0)), Some(json!(55.0))));
        assert_eq!(found.shape.as_deref(), Some(&[3, 2][..]));
        let found = column(&array.reversed_axes());
        assert_eq!((found.min, found.max), (Some(json!(0.0)), Some(json!(77.0))));
    }

    #[test]
    fn booleans_and_the_ends_of_types() {
        let found = column(&ndarray::arr1(&[true, false]));
        assert_eq!((found.min, found.max), (Some(json!(false)), Some(json!(true))));
        let found = column(&ndarray::arr1(&[u64::MAX, 0]));
        assert_eq!((found.min, found.max), (Some(json!(0)), Some(json!(u64::MAX))));
        let found = column(&ndarray::arr1(&[f64::INFINITY, f64::NEG_INFINITY, f64::NAN]));
        assert_eq!((found.min, found.max), (Some(json!("-inf")), Some(json!("inf"))));
    }
}
