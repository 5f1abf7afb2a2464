//! From a file to images to train with and images to test with.

use std::path::Path;

use clap::Args;
use zen_core::prelude::*;

use crate::matrix::{Labels, Matrix};
use crate::options::share;

/// Pixels of an image: 8 rows of 8.
const PIXELS: usize = 64;
/// The value of the darkest pixel.
const DARKEST: f64 = 16.0;

/// How the images are divided.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub(crate) struct SplitParams {
    /// The share of the images that the model is tested with
    #[arg(long, value_name = "SHARE", default_value_t = Self::default().test_share, value_parser = share)]
    pub(crate) test_share: f64,

    /// Which images these are: another number, other images
    #[arg(long, value_name = "SEED", default_value_t = Self::default().split_seed)]
    pub(crate) split_seed: u64,
}

impl Default for SplitParams {
    fn default() -> Self {
        Self {
            test_share: 0.25,
            split_seed: 1,
        }
    }
}

/// Images and their digits, to train with and to test with.
#[derive(Debug, Outputs)]
pub(crate) struct Split {
    /// Images to train with.
    pub(crate) x_train: Matrix,
    /// Their digits.
    pub(crate) y_train: Labels,
    /// Images to test with.
    pub(crate) x_test: Matrix,
    /// Their digits.
    pub(crate) y_test: Labels,
}

/// Reads the file.
///
/// It runs every time, because a path says nothing about what the file holds now. What it returns is an input of the next
/// step and counts there by its content: an unchanged file leaves everything below in the cache.
#[step(cache = false)]
pub(crate) fn reader(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Parses the lines, shuffles them and divides them.
///
/// The path is there for messages. It doesn't count: the same text under another name gives the same images.
#[step(ignore(path), depends(Matrix, Labels))]
pub(crate) fn importer(csv: &str, path: &Path, params: SplitParams) -> Result<Split> {
    let mut images = Vec::new();
    for (index, line) in csv
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let image = parse(line).map_err(|reason| format!("{}:{}: {reason}", path.display(), index + 1))?;
        images.push(image);
    }
    let total = images.len();
    let test = (total as f64 * params.test_share).round() as usize;
    if test == 0 || test >= total {
        let (path, share) = (path.display(), params.test_share);
        return Err(
            format!("{path}: a test share of {share} leaves {test} of {total} images to test with").into(),
        );
    }
    shuffle(&mut images, params.split_seed);
    let (x_test, y_test) = stack(&images[..test]);
    let (x_train, y_train) = stack(&images[test..]);
    Ok(Split {
        x_train,
        y_train,
        x_test,
        y_test,
    })
}

/// The pixels and the digit of a line.
type Image = (Vec<f64>, u8);

fn parse(line: &str) -> Result<Image, String> {
    let values: Vec<&str> = line.split(',').map(str::trim).collect();
    let [pixels @ .., digit] = values.as_slice() else {
        return Err("no values".into());
    };
    if pixels.len() != PIXELS {
        return Err(format!(
            "{} values, not {PIXELS} pixels and a digit",
            values.len()
        ));
    }
    let pixel = |(index, text): (usize, &&str)| match text.parse() {
        Ok(pixel) if (0.0..=DARKEST).contains(&pixel) => Ok(pixel),
        _ => Err(format!(
            "pixel {}: `{text}` is no number from 0 to {DARKEST}",
            index + 1
        )),
    };
    let pixels = pixels.iter().enumerate().map(pixel).collect::<Result<_, _>>()?;
    match digit.parse() {
        Ok(digit @ 0..=9) => Ok((pixels, digit)),
        _ => Err(format!("`{digit}` is no digit from 0 to 9")),
    }
}

/// Fisher and Yates, with a generator of its own: the same seed gives the same order on every machine, for ever.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        // SplitMix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        items.swap(last, (mixed % (last as u64 + 1)) as usize);
    }
}

fn stack(images: &[Image]) -> (Matrix, Labels) {
    let values = images.iter().flat_map(|(pixels, _)| pixels).copied().collect();
    (
        Matrix {
            columns: PIXELS,
            values,
        },
        Labels(images.iter().map(|(_, digit)| *digit).collect()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines whose pixels all have the value of their digit.
    fn csv(digits: &[u8]) -> String {
        digits
            .iter()
            .map(|digit| format!("{}{digit}\n", format!("{digit},").repeat(PIXELS)))
            .collect()
    }

    fn import(csv: &str, test_share: f64) -> Result<Split, String> {
        let params = SplitParams {
            test_share,
            ..SplitParams::default()
        };
        importer(csv, Path::new("a.csv"), params).map_err(|error| error.to_string())
    }

    #[test]
    fn every_image_is_on_one_side_with_its_digit() {
        let split = import(&csv(&[0, 1, 2, 3, 4, 5, 6, 7]), 0.25).unwrap();
        assert_eq!((split.x_train.height(), split.x_test.height()), (6, 2));
        let labels = [split.y_test.0, split.y_train.0].concat();
        let rows = split.x_test.rows().chain(split.x_train.rows());
        assert!(
            rows.zip(&labels)
                .all(|(row, label)| row == [f64::from(*label); PIXELS])
        );
        let mut sorted = labels.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_ne!(sorted, labels);
    }

    #[test]
    fn the_seed_decides() {
        let order = |seed| {
            let mut items: Vec<u32> = (0..100).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
    }

    #[test]
    fn errors_say_where() {
        let good = csv(&[1, 2]);
        let broken = |line: String| import(&format!("{good}\n{line}\n"), 0.25).unwrap_err();
        assert_eq!(
            broken("1,2".into()),
            "a.csv:4: 2 values, not 64 pixels and a digit"
        );
        let dark = format!("{}3,17,5", "0,".repeat(62));
        assert_eq!(broken(dark), "a.csv:4: pixel 64: `17` is no number from 0 to 16");
        let eleven = format!("{}11", "0,".repeat(PIXELS));
        assert_eq!(broken(eleven), "a.csv:4: `11` is no digit from 0 to 9");
        assert_eq!(
            import("", 0.25).unwrap_err(),
            "a.csv: a test share of 0.25 leaves 0 of 0 images to test with"
        );
        assert_eq!(
            import(&good, 1.0).unwrap_err(),
            "a.csv: a test share of 1 leaves 2 of 2 images to test with"
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = reader(Path::new("no/such.csv")).unwrap_err().to_string();
        assert!(error.starts_with("no/such.csv: "), "{error}");
    }
}
