//! CSV files exchanged with pandas, Polars and Python's own reader.

use serde::{Deserialize, Serialize};
use zen_integrations::csv::{Csv, CsvError};

use super::python;

const PACKAGES: &str = "pandas, polars";
pub const TEXT: &str = "é, \"quoted\"\r\nand a second line";

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Kind {
    Red,
    Green,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Row {
    name: String,
    count: i64,
    share: f64,
    small: f32,
    flag: bool,
    kind: Kind,
    maybe: Option<f64>,
}

fn row(name: &str, count: i64, share: f64, small: f32, maybe: Option<f64>) -> Row {
    Row {
        name: name.to_owned(),
        count,
        share,
        small,
        flag: !name.is_empty(),
        kind: Kind::Red,
        maybe,
    }
}

#[test]
fn they_read_ours() {
    if !python::available(PACKAGES) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        row(TEXT, i64::MIN, 0.1, 0.1, None),
        row("", i64::MAX, 5e-324, f32::INFINITY, Some(1.5)),
        row("NA", 0, f64::NAN, f32::NEG_INFINITY, Some(-2.0)),
    ];
    Csv::write_file(folder.path().join("ours.csv"), &rows).unwrap();
    Csv::write_file::<Row>(folder.path().join("none.csv"), &[]).unwrap();
    std::fs::write(folder.path().join("ours.txt"), super::text::encoded(TEXT)).unwrap();
    python::run("rows.py", "check", folder.path());
}

#[test]
fn we_read_theirs() {
    if !python::available(PACKAGES) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    python::run("rows.py", "make", folder.path());
    for name in ["pandas.csv", "pandas_quoted.csv", "polars.csv"] {
        let rows: Vec<Row> =
            Csv::read_file(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(rows.len(), 2, "{name}");
        let [first, second] = &rows[..] else {
            unreachable!()
        };
        assert!(first.small.is_nan(), "{name}");
        assert_eq!(
            (first.name.as_str(), first.count, first.share, first.flag),
            (TEXT, 1, 1e300, true),
            "{name}"
        );
        assert_eq!((first.kind, first.maybe), (Kind::Green, None), "{name}");
        let expected = Row {
            flag: false,
            ..row("plain", -2, -0.0, 0.5, Some(2.5))
        };
        assert_eq!(second, &expected, "{name}");
    }
    let text = std::fs::read(folder.path().join("theirs.txt")).unwrap();
    assert_eq!(super::text::decoded(&text), TEXT);
}

#[test]
fn files_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let error = Csv::read_file::<Row>(&path).unwrap_err();
    assert!(
        matches!(&error, CsvError::File { .. }) && error.to_string().contains("rows.csv"),
        "{error}"
    );
    std::fs::write(&path, "name\nx\n").unwrap();
    let error = Csv::read_file::<Row>(&path).unwrap_err();
    let CsvError::Content { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(source.to_string().contains("missing field `count`"), "{source}");
}
