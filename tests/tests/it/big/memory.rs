//! How much memory a process needs for large values: its own peak, as the system reports it.

use zen_tests::require;

use super::program::{files_in, peak};

/// How large the file is. `ZEN_TEST_BIG_BYTES` may say more, as `5000000000`.
fn bytes() -> u64 {
    std::env::var("ZEN_TEST_BIG_BYTES").map_or(1_000_000_000, |bytes| bytes.parse().unwrap())
}

fn is_measurable() -> bool {
    require(
        "/proc/self/status",
        std::path::Path::new("/proc/self/status").exists(),
    )
}

#[test]
fn a_large_file_passes_through_three_steps_without_being_held() {
    if !is_measurable() {
        return;
    }
    let (folder, bytes) = (tempfile::tempdir().unwrap(), bytes());
    let peak = peak(folder.path(), "file", bytes);
    println!("{bytes} bytes: peak {peak}");
    assert!(peak < 100_000_000, "{peak} bytes of memory for a file of {bytes}");
    let objects = files_in(&folder.path().join("artifacts/objects"));
    assert_eq!(objects.len(), 2, "{objects:?}");
    for object in objects {
        let size = object.metadata().unwrap().len();
        assert!((bytes..bytes + 4096).contains(&size), "{size}");
    }
    assert!(files_in(&folder.path().join("artifacts/staging")).is_empty());
    assert!(files_in(&folder.path().join("scratch")).is_empty());
}

#[test]
fn a_large_array_changed_by_five_steps_is_in_memory_less_than_three_times() {
    if !is_measurable() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bytes = 200_000_000;
    let peak = peak(folder.path(), "array", bytes);
    println!("{bytes} bytes: peak {peak}");
    assert!(peak < 3 * bytes, "{peak} bytes of memory for an array of {bytes}");
    // Now from the store: every step is cached, and only the last array is read.
    let again = self::peak(folder.path(), "array", bytes);
    println!("from the cache: peak {again}");
    assert!(
        again < bytes * 3 / 2,
        "{again} bytes of memory to read an array of {bytes}"
    );
}
