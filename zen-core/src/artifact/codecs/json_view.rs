//! Values as JSON, for people.

mod budget;
mod compound;
mod key;
mod serializer;

use serde::Serialize;
use serde_json::Value;

use self::budget::Budget;
use self::serializer::{ViewError, ViewSerializer};

/// The value as JSON, for showing. Never fails, but says less than the value where JSON can't say it:
///
/// * Numbers that are not finite are null, and integers beyond 64 bits are strings.
/// * Map keys that are not strings are shown as their compact JSON text.
/// * What can't be serialised, or is nested too deep, is null.
/// * All of it is null when it would be longer than some 16 KiB: this is for metadata, not for data.
pub(crate) fn json_view<T: Serialize + ?Sized>(value: &T) -> Value {
    short_json_view(value).unwrap_or(Value::Null)
}

/// As [`json_view`]; `None` when it would be too long.
pub(crate) fn short_json_view<T: Serialize + ?Sized>(value: &T) -> Option<Value> {
    view(value, &mut Budget::new()).ok()
}

/// `Err` when the budget is used up, which is the end of the whole view.
fn view<T: Serialize + ?Sized>(value: &T, budget: &mut Budget) -> Result<Value, ViewError> {
    let depth = budget.depth();
    match value.serialize(ViewSerializer(budget)) {
        Err(ViewError::NotShown) => {
            budget.reset_depth(depth);
            Ok(Value::Null)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Empty,
        Value(f32),
        Pair(i8, Option<u8>),
        Fields { a: u128, b: char },
    }

    struct Broken;

    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }

    #[derive(Serialize)]
    struct Nested(Option<Box<Nested>>);

    #[test]
    fn shows_what_json_can_say() {
        assert_eq!(json_view(&(1, "a", None::<u8>, ())), json!([1, "a", null, null]));
        assert_eq!(json_view(&Shape::Empty), json!("Empty"));
        assert_eq!(json_view(&Shape::Value(0.1)), json!({"Value": 0.1f32}));
        assert_eq!(json_view(&Shape::Pair(-1, Some(2))), json!({"Pair": [-1, 2]}));
        assert_eq!(
            json_view(&Shape::Fields { a: 1, b: 'x' }),
            json!({"Fields": {"a": 1, "b": "x"}})
        );
    }

    #[test]
    fn shows_something_for_the_rest() {
        assert_eq!(
            json_view(&[1.0, f64::NAN, f64::INFINITY]),
            json!([1.0, null, null])
        );
        assert_eq!(json_view(&u128::MAX), json!(u128::MAX.to_string()));
        assert_eq!(json_view(&i128::MIN), json!(i128::MIN.to_string()));
        assert_eq!(
            json_view(&BTreeMap::from([((1, "x"), 3)])),
            json!({"[1,\"x\"]": 3})
        );
        assert_eq!(json_view(&BTreeMap::from([(5, 3)])), json!({"5": 3}));
        assert_eq!(json_view(&BTreeMap::from([('c', 3)])), json!({"c": 3}));
        assert_eq!(json_view(&(1, Broken, [Broken])), json!([1, null, [null]]));
    }

    #[test]
    fn gives_up_on_large_values() {
        assert_eq!(json_view(&vec![1.5; 1_000_000]), Value::Null);
        assert_eq!(json_view(&"x".repeat(20_000)), Value::Null);
        assert!(json_view(&vec![1.5; 1000]).is_array());
        let deep = (0..10_000).fold(Nested(None), |inner, _| Nested(Some(Box::new(inner))));
        assert_eq!(json_view(&deep), Value::Null);
        // Dropping it level by level would exhaust the stack.
        std::mem::forget(deep);
    }
}
