//! From a function to everything it reaches in its file.

use std::collections::BTreeSet;

use super::index::Index;
use super::scan::Scan;

/// The identity of what `root` found, together with all it reaches in `index`.
///
/// Names are compared as written, without resolving them: an item of the same name that is not meant counts too. That
/// can cost a run that was not needed, and never gives a result of other code.
pub(super) fn identity(root: &Scan, name: Option<&str>, index: Option<&Index>) -> String {
    let digests = index.map(|index| reached(root, name, index)).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"zen code identity 1");
    hasher.update(&root.digest);
    // A set, ordered by digest: where an item stands in the file doesn't count.
    for digest in digests {
        hasher.update(&digest);
    }
    hasher.finalize().to_hex().to_string()
}

fn reached(root: &Scan, name: Option<&str>, index: &Index) -> BTreeSet<[u8; 32]> {
    // What tests use is no part of a program, unless the step itself is of that test.
    let tests = name
        .map(|name| index.test_modules_of(name, &root.digest))
        .unwrap_or_default();
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Scan> = vec![root];
    while let Some(scan) = open.pop() {
        let traits = scan
            .members
            .iter()
            .chain(&scan.names)
            .flat_map(|method| index.traits_with(method));
        let by_name = scan.names.iter().chain(traits).flat_map(|name| index.named(name));
        let by_method = scan
            .members
            .iter()
            .chain(&scan.names)
            .flat_map(|name| index.foreign_impls_with(name));
        for &i in by_name.chain(by_method) {
            let item = &index.items[i];
            if item.test_module.is_none_or(|module| tests.contains(&module)) && seen.insert(i) {
                open.push(&item.scan);
            }
        }
    }
    seen.into_iter()
        .map(|i| index.items[i].scan.digest)
        .filter(|digest| *digest != root.digest)
        .collect()
}
