//! Images as text.

use zen_examples::digits::DARKEST;

/// The pixels of a row.
const WIDTH: usize = 8;
/// From white to black.
const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
/// The columns of an image and of what stands below it.
const COLUMN: usize = 20;

/// The images side by side, with the lines of each caption below.
pub(crate) fn side_by_side(images: &[Vec<f32>], captions: &[[String; 2]]) -> String {
    let rows = (0..WIDTH).map(|row| line(images.iter().map(|image| drawn(image, row))));
    let below = (0..2).map(|row| line(captions.iter().map(|lines| lines[row].clone())));
    rows.chain(below).collect()
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let line: String = cells.map(|cell| format!("{cell:COLUMN$}")).collect();
    format!("  {}\n", line.trim_end())
}

fn drawn(image: &[f32], row: usize) -> String {
    let pixels = image.chunks(WIDTH).nth(row).unwrap_or_default();
    let shade = |pixel: &f32| SHADES[(pixel / DARKEST * (SHADES.len() - 1) as f32).round() as usize];
    pixels.iter().map(shade).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stand_beside_each_other() {
        let mut image = vec![0.0; 64];
        (image[0], image[1]) = (DARKEST, 7.0);
        let caption = ["predicted 7".to_owned(), "true 7".to_owned()];
        let text = side_by_side(&[image.clone(), image], &[caption.clone(), caption]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "  ██▒▒                ██▒▒");
        assert_eq!(lines[1], "  ");
        assert_eq!(lines[8], "  predicted 7         predicted 7");
    }
}
