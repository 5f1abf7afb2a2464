//! Rows through CSV and back.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zen_core::artifact::{Codec, CodecError};
use zen_integrations::csv::Csv;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Red,
    #[serde(rename = "Light, Green")]
    Green,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Id(u128);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Row {
    id: Id,
    text: String,
    letter: char,
    flag: bool,
    wide: i128,
    x: f64,
    y: f32,
    #[serde(rename = "a \"kind\"")]
    kind: Kind,
    maybe: Option<i8>,
    unit: (),
}

fn write<T: Serialize + DeserializeOwned>(rows: Vec<T>) -> Result<String, CodecError> {
    let mut bytes = Vec::new();
    Csv.encode(&rows, &mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn read<T: Serialize + DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
    Codec::<Vec<T>>::decode(&Csv, text.as_bytes(), 1).map_err(|error| error.to_string())
}

fn row(text: &str, x: f64, maybe: Option<i8>) -> Row {
    Row {
        id: Id(u128::MAX),
        text: text.to_owned(),
        letter: '"',
        flag: maybe.is_some(),
        wide: i128::MIN,
        x,
        y: x as f32,
        kind: if maybe.is_some() { Kind::Red } else { Kind::Green },
        maybe,
        unit: (),
    }
}

#[test]
fn rows_come_back() {
    let texts = [
        "", "a,b", "\"", "\r", "\n", "\r\n", " a ", "é\0", "#", "\u{feff}", "NaN", "\t",
    ];
    let numbers = [
        0.1,
        -0.0,
        1e300,
        5e-324,
        f64::MAX,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e16,
        123_456_789.125,
    ];
    let mut rows: Vec<Row> = texts.iter().map(|text| row(text, 0.5, None)).collect();
    rows.extend(numbers.iter().map(|x| row("x", *x, Some(-3))));
    let text = write(rows.clone()).unwrap();
    let back = read::<Row>(&text).unwrap();
    assert_eq!(back, rows);
    for (one, other) in back.iter().zip(&rows) {
        assert_eq!(
            (one.x.to_bits(), one.y.to_bits()),
            (other.x.to_bits(), other.y.to_bits())
        );
    }
    assert_eq!(write(rows).unwrap(), text);
    assert!(
        read::<Row>(&write(vec![row("", f64::NAN, None)]).unwrap()).unwrap()[0]
            .x
            .is_nan()
    );
}

#[test]
fn the_text_is_what_rfc_4180_says() {
    let text = write(vec![row("a \"b\",\n", 1.0, None)]).unwrap();
    assert_eq!(
        text,
        "id,text,letter,flag,wide,x,y,\"a \"\"kind\"\"\",maybe,unit\r\n\
         340282366920938463463374607431768211455,\"a \"\"b\"\",\n\",\"\"\"\",false,\
         -170141183460469231731687303715884105728,1.0,1.0,\"Light, Green\",,\r\n"
    );
}

#[test]
fn no_rows_have_a_header() {
    let text = write(Vec::<Row>::new()).unwrap();
    assert_eq!(
        text,
        "id,text,letter,flag,wide,x,y,\"a \"\"kind\"\"\",maybe,unit\r\n"
    );
    assert_eq!(read::<Row>(&text).unwrap(), []);
    assert_eq!(read::<Row>("").unwrap(), []);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct One<T> {
    x: T,
}

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    inner: One<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Shape {
    Round(f64),
}

fn refused<T: Serialize + DeserializeOwned>(rows: Vec<T>) -> String {
    match write(rows) {
        Err(CodecError::Unsupported(text)) => text,
        other => panic!("expected the rows to be refused, got {other:?}"),
    }
}

#[test]
fn what_a_cell_cannot_hold_is_refused_with_the_column() {
    for text in [
        refused(vec![One { x: vec![1] }]),
        refused(vec![One { x: (1, 2) }]),
        refused(vec![One { x: [1.0; 3] }]),
        refused(vec![One {
            x: BTreeMap::from([("a".to_owned(), 1)]),
        }]),
        refused(vec![One { x: One { x: 1 } }]),
        refused(vec![One { x: Shape::Round(1.0) }]),
        refused(vec![One { x: Some(vec![1]) }]),
        refused(vec![One {
            x: Some(String::new()),
        }]),
        refused(vec![One { x: Some(None::<u8>) }]),
    ] {
        assert!(text.contains("row 0") && text.contains("column `x`"), "{text}");
    }
    let later = refused(vec![
        One {
            x: Some("a".to_owned()),
        },
        One {
            x: Some(String::new()),
        },
    ]);
    assert!(later.contains("row 1"), "{later}");
    for text in [
        refused(vec![1.5]),
        refused(vec![(1, 2)]),
        refused(vec![vec![1]]),
        refused(vec![Some(One { x: 1 })]),
        refused(vec![BTreeMap::from([("a".to_owned(), 1)])]),
        refused(vec![Flat { inner: One { x: 1 } }]),
    ] {
        assert!(text.contains("must be a struct"), "{text}");
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sparse {
    a: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<u8>,
}

#[test]
fn rows_with_other_columns_are_refused() {
    let sparse = |b, c| Sparse { a: 1, b, c };
    let text = refused(vec![sparse(Some(1), None), sparse(None, Some(2))]);
    assert!(text.contains("row 1") && text.contains("`c`"), "{text}");
    let text = refused(vec![sparse(Some(1), None), sparse(None, None)]);
    assert!(text.contains("row 1") && text.contains("1 columns"), "{text}");
    let none = vec![sparse(None, None), sparse(None, None)];
    assert_eq!(
        read::<Sparse>(&write(vec![sparse(None, None), sparse(None, None)]).unwrap()).unwrap(),
        none
    );
}

#[test]
fn one_column_of_missing_values_keeps_its_rows() {
    let rows = || vec![One { x: None::<u8> }, One { x: Some(1) }, One { x: None }];
    assert_eq!(read::<One<Option<u8>>>(&write(rows()).unwrap()).unwrap(), rows());
    let rows = || vec![One { x: String::new() }, One { x: "\n".to_owned() }];
    assert_eq!(read::<One<String>>(&write(rows()).unwrap()).unwrap(), rows());
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line() {
    for (text, parts) in [
        ("x\n1\n300\n", &["line 3", "column `x`", "`300` is no u8"][..]),
        ("x\n1\n\"a\nb\"\n", &["line 3", "`a\nb` is no u8"]),
        ("y\n1\n", &["line 2", "missing field `x`"]),
        ("x,y\n1,2\n1\n", &["line: 3"]),
        ("x,x\n1,2\n", &["two columns `x`"]),
        // With the empty lines before it.
        ("x\n\n1\n\n-1\n", &["line 4", "`-1`"]),
    ] {
        let error = read::<One<u8>>(text).unwrap_err();
        assert!(parts.iter().all(|part| error.contains(part)), "{text:?}: {error}");
    }
    let error = Codec::<Vec<One<String>>>::decode(&Csv, b"x\n\xff\n", 1)
        .unwrap_err()
        .to_string();
    assert!(error.contains("UTF-8"), "{error}");
    assert!(read::<One<Kind>>("x\nBlue\n").unwrap_err().contains("Blue"));
}
