//! The identity of steps that have no file of their own: made by a macro, or inside a function.

use zen_core::Tracked as _;
use zen_core::prelude::*;

macro_rules! local_step {
    ($factor:literal) => {{
        #[step]
        fn scaled(x: f64) -> f64 {
            x * $factor
        }
        (scaled::CODE, scaled(1.0))
    }};
}

#[test]
fn steps_made_by_a_macro_are_told_apart_by_their_tokens() {
    let (one, same, other) = (local_step!(2.0), local_step!(2.0), local_step!(3.0));
    assert_eq!(one, same);
    assert_ne!(one.0, other.0);
    assert_eq!(other.1, 3.0);
}

mod two {
    pub(super) fn code() -> &'static str {
        use super::*;
        const FACTOR_OF_TWO: f64 = 2.0;
        #[step]
        fn by_a_constant(x: f64) -> f64 {
            x * FACTOR_OF_TWO
        }
        assert_eq!(by_a_constant(1.0), 2.0);
        by_a_constant::CODE
    }
}

#[test]
fn the_name_of_a_local_step_and_its_constant_count() {
    const FACTOR: f64 = 2.0;
    #[step]
    fn by_a_constant(x: f64) -> f64 {
        x * FACTOR
    }
    assert_eq!(by_a_constant(1.0), 2.0);
    assert_ne!(by_a_constant::CODE, two::code());
}
