//! The metadata store on a real file: several processes, crashes, and files that are not what they should be.

mod files;
mod processes;
mod samples;
mod slots;
mod upgrade;

use std::path::{Path, PathBuf};

use zen_core::metadata::{
    Durability, MetadataError, MetadataStore, SqliteMetadata, SqliteOptions, conformance,
};

use self::samples::{everything, fill, fill_schedules};

fn open(path: &Path) -> SqliteMetadata {
    SqliteMetadata::open(path, SqliteOptions::default()).unwrap()
}

fn refused(path: &Path) -> MetadataError {
    match SqliteMetadata::open(path, SqliteOptions::default()) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

fn database(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("metadata.db")
}

#[test]
fn a_store_in_memory_conforms() {
    conformance::run_all(&|| Box::new(SqliteMetadata::in_memory().unwrap()));
}

#[test]
fn a_store_in_a_file_conforms() {
    for durability in [Durability::Process, Durability::Power] {
        let folder = tempfile::tempdir().unwrap();
        let mut files = (0..).map(|n| folder.path().join(format!("{n}.db")));
        let files = std::cell::RefCell::new(&mut files);
        conformance::run_all(&|| {
            let path = files.borrow_mut().next().unwrap();
            Box::new(SqliteMetadata::open(&path, SqliteOptions { durability }).unwrap())
        });
    }
}

#[test]
fn reopening_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&database(&folder));
    fill(&store, 30);
    fill_schedules(&store, 5);
    store.sync().unwrap();
    fill(&store, 3);
    fill_schedules(&store, 2);
    let written = everything(&store).unwrap();
    let second = open(&database(&folder));
    assert_eq!(
        everything(&second).unwrap(),
        written,
        "a second store on the same file sees something else"
    );
    drop((store, second));
    assert_eq!(everything(&open(&database(&folder))).unwrap(), written);
}
