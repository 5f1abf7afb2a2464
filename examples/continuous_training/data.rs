//! From a folder that grows to images.

use std::io::Read;

use zen_core::prelude::*;
use zen_examples::digits::{Images, images};

/// Takes the folder as it is now into the store. The pipeline puts its content into this step's cache key: as long as nothing has changed, this step and
/// all below it come from the cache, and of every model there is what exactly it was trained with.
///
/// Whoever adds files writes them elsewhere and renames them into the folder, so that no half of one is ever in it. A folder that changes
/// while it is read is an error; the step tries again.
#[step(retry(max = 5, delay = "200ms"))]
pub(crate) fn snapshot(folder: &str) -> Result<FolderArtifact> {
    Ok(FolderArtifact::from_path(folder)?)
}

/// Reads all `.csv` files of the snapshot, by name.
#[step(depends(Images, images))]
pub(crate) fn importer(snapshot: &FolderArtifact) -> Result<Images> {
    let mut all = Images::default();
    for entry in snapshot.entries().filter(|entry| entry.path.ends_with(".csv")) {
        let mut csv = String::new();
        snapshot.open(&entry.path)?.read_to_string(&mut csv)?;
        let read = images(&entry.path, &csv)?;
        all.pixels.extend(read.pixels);
        all.digits.extend(read.digits);
    }
    match all.digits.is_empty() {
        true => Err("there is no image in any .csv file of the folder".into()),
        false => Ok(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zen_examples::digits::PIXELS;

    #[test]
    fn all_files_are_read_by_name() {
        let folder = std::env::temp_dir().join(format!("zen-training-data-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, digit) in [("b.csv", 2), ("a.csv", 1), ("notes.txt", 3)] {
            std::fs::write(folder.join(name), format!("{}{digit}\n", "0,".repeat(PIXELS))).unwrap();
        }
        let read = importer(&snapshot(folder.to_str().unwrap()).unwrap());
        std::fs::write(folder.join("c.csv"), "1,2\n").unwrap();
        let wrong = importer(&snapshot(folder.to_str().unwrap()).unwrap());
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(read.unwrap().digits, [1, 2]);
        assert!(wrong.unwrap_err().to_string().starts_with("c.csv:1: "));
        assert!(snapshot("no/such/folder").is_err());
    }
}
