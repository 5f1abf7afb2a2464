//! Brings all pixels to one scale.

use zen_core::prelude::*;

use crate::matrix::Matrix;

/// Gives every column the mean 0 and the deviation 1, as they are in the images to train with: what is tested with
/// must not be known before.
#[step(outputs(x_train, x_test), depends(Matrix))]
pub(crate) fn normalizer(x_train: &Matrix, x_test: &Matrix) -> Result<(Matrix, Matrix)> {
    if x_train.columns != x_test.columns {
        let (train, test) = (x_train.columns, x_test.columns);
        return Err(format!("{train} columns to train with, {test} to test with").into());
    }
    let scales = scales(x_train);
    Ok((scaled(x_train, &scales), scaled(x_test, &scales)))
}

/// The mean and the deviation of a column.
#[derive(Debug, Clone, Copy)]
struct Scale {
    mean: f64,
    deviation: f64,
}

fn scales(x: &Matrix) -> Vec<Scale> {
    let height = x.height() as f64;
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / height;
    (0..x.columns)
        .map(|column| {
            let middle = mean(&mut x.rows().map(|row| row[column]));
            let variance = mean(&mut x.rows().map(|row| (row[column] - middle).powi(2)));
            // The corners of the images are always white: a column of zeros stays one.
            let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
            Scale {
                mean: middle,
                deviation,
            }
        })
        .collect()
}

fn scaled(x: &Matrix, scales: &[Scale]) -> Matrix {
    let values = x.rows().flat_map(|row| {
        row.iter()
            .zip(scales)
            .map(|(value, scale)| (value - scale.mean) / scale.deviation)
    });
    Matrix {
        columns: x.columns,
        values: values.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_trained_with_sets_the_scale() {
        let train = Matrix {
            columns: 2,
            values: vec![1.0, 5.0, 3.0, 5.0],
        };
        let test = Matrix {
            columns: 2,
            values: vec![4.0, 6.0],
        };
        let (train, test) = normalizer(&train, &test).unwrap();
        assert_eq!(train.values, [-1.0, 0.0, 1.0, 0.0]);
        assert_eq!(test.values, [2.0, 1.0]);
    }

    #[test]
    fn widths_must_agree() {
        let (two, three) = (
            Matrix {
                columns: 2,
                values: vec![0.0; 2],
            },
            Matrix {
                columns: 3,
                values: vec![0.0; 3],
            },
        );
        let error = normalizer(&two, &three).unwrap_err().to_string();
        assert_eq!(error, "2 columns to train with, 3 to test with");
    }
}
