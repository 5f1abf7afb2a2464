//! From a file to images to train with and images to test with.

use zen_core::prelude::*;
use zen_core::tracked;

/// The file of the example `training`: 64 pixels and the digit a line.
pub const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/training/data/digits.csv");
/// Pixels of an image: 8 rows of 8.
pub const PIXELS: usize = 64;
/// The value of the darkest pixel; 0 is white.
pub const DARKEST: f32 = 16.0;
/// The digits: 0 to 9.
pub const CLASSES: usize = 10;

/// Images, and the digit that each shows.
#[tracked]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Images {
    /// The pixels of each image, row after row.
    pub pixels: Vec<Vec<f32>>,
    /// As many digits.
    pub digits: Vec<u8>,
}

impl Images {
    fn push(&mut self, pixels: Vec<f32>, digit: u8) {
        self.pixels.push(pixels);
        self.digits.push(digit);
    }
}

/// Images to train with and to test with.
#[derive(Debug, Outputs)]
pub struct Split {
    /// Two images of three.
    pub train: Images,
    /// Every third image.
    pub test: Images,
}

/// Reads the file. Every third image is kept for tests.
#[step]
pub fn importer(path: &str) -> Result<Split> {
    let csv = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let all = images(path, &csv)?;
    let (mut train, mut test) = (Images::default(), Images::default());
    for (index, (pixels, digit)) in all.pixels.into_iter().zip(all.digits).enumerate() {
        let side = if index % 3 == 0 { &mut test } else { &mut train };
        side.push(pixels, digit);
    }
    Ok(Split { train, test })
}

/// The images of a text, one a line. Errors name it as `path`.
///
/// # Errors
/// When a line is no image.
#[tracked]
pub fn images(path: &str, csv: &str) -> Result<Images> {
    let mut images = Images::default();
    for (index, line) in csv.lines().enumerate() {
        let (pixels, digit) = parse(line).map_err(|reason| format!("{path}:{}: {reason}", index + 1))?;
        images.push(pixels, digit);
    }
    Ok(images)
}

fn parse(line: &str) -> Result<(Vec<f32>, u8)> {
    let values = line.split(',').map(|value| value.trim().parse());
    let values: Vec<u8> = values.collect::<Result<_, _>>()?;
    match values.split_last() {
        Some((&digit, pixels))
            if pixels.len() == PIXELS
                && pixels.iter().all(|&pixel| f32::from(pixel) <= DARKEST)
                && usize::from(digit) < CLASSES =>
        {
            Ok((pixels.iter().map(|&pixel| pixel.into()).collect(), digit))
        }
        _ => Err(format!("not {PIXELS} pixels from 0 to {DARKEST} and a digit").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_third_image_is_for_tests() {
        let split = importer(DATA).unwrap();
        assert_eq!((split.train.digits.len(), split.test.digits.len()), (1198, 599));
        assert_eq!(split.test.digits[..3], [0, 3, 6]);
        assert!(split.train.pixels.iter().all(|image| image.len() == PIXELS));
    }

    #[test]
    fn a_line_is_an_image_and_its_digit() {
        let good = format!("{}7", "16,".repeat(PIXELS));
        assert_eq!(parse(&good).unwrap(), (vec![DARKEST; PIXELS], 7));
        for wrong in [
            "",
            "1,2",
            "0,x,1",
            &format!("17,{}7", "0,".repeat(63)),
            &format!("{good}7"),
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = importer("no/such.csv").unwrap_err().to_string();
        assert!(error.starts_with("no/such.csv: "), "{error}");
    }
}
