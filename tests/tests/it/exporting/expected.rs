//! What outputs should say.

use zen_core::serving::{Tensor, TensorSpec};

use super::tensors::values;

/// What an output should say, and of what shape and type it is. Where two answers are nearly as good, there is none.
pub(super) struct Expected {
    pub(super) spec: TensorSpec,
    pub(super) elements: Elements,
    pub(super) tolerance: f64,
}

pub(super) enum Elements {
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<String>>),
}

/// Compares what was found with it.
pub(super) fn check(found: &[Tensor], expected: &[Expected], rows: usize, who: &str) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let name = format!("{who}: {:?}", expected.spec);
        let mut shape = vec![rows];
        shape.extend(expected.spec.shape.iter().skip(1).map(|size| *size as usize));
        assert_eq!(found.name(), expected.spec.name, "{name}");
        assert_eq!(found.datatype(), expected.spec.datatype, "{name}");
        assert_eq!(found.shape(), shape, "{name}");
        match &expected.elements {
            Elements::Numbers(numbers) => {
                let found = values(found);
                assert_eq!(found.len(), numbers.len(), "{name}");
                for (found, expected_number) in found.iter().zip(numbers) {
                    let Some(number) = expected_number else { continue };
                    let tolerance = expected.tolerance * number.abs().max(1.0);
                    assert!(
                        (found - number).abs() <= tolerance,
                        "{name}: {found} is not {number}"
                    );
                }
            }
            Elements::Texts(texts) => {
                let found: Vec<_> = found.strings().map(<[u8]>::to_vec).collect();
                assert_eq!(found.len(), texts.len(), "{name}");
                for (found, text) in found.iter().zip(texts) {
                    let agrees = text.as_ref().is_none_or(|text| text.as_bytes() == found);
                    assert!(agrees, "{name}: {found:?} is not {text:?}");
                }
            }
        }
    }
}
