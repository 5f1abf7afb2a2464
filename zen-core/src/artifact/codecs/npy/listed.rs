//! The array types that are stored as `.npy` without being asked.

use ndarray::{Array, Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn};

use super::Npy;

macro_rules! list {
    ($($element:ty),+) => {$(
        crate::register_codec!(Array<$element, Ix0> => Npy);
        crate::register_codec!(Array<$element, Ix1> => Npy);
        crate::register_codec!(Array<$element, Ix2> => Npy);
        crate::register_codec!(Array<$element, Ix3> => Npy);
        crate::register_codec!(Array<$element, Ix4> => Npy);
        crate::register_codec!(Array<$element, Ix5> => Npy);
        crate::register_codec!(Array<$element, Ix6> => Npy);
        crate::register_codec!(Array<$element, IxDyn> => Npy);
    )+};
}

list!(f64, f32, i64, i32, i16, i8, u64, u32, u16, u8, bool);
