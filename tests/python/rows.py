"""pandas, Polars and Python itself beside zen's CSV files and texts: `check` reads ours, `make` writes theirs."""

import csv
import math
import sys

import pandas
import polars

TEXT = 'é, "quoted"\r\nand a second line'


def check():
    with open("ours.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file, strict=True)
    assert header == ["name", "count", "share", "small", "flag", "kind", "maybe"], header
    assert len(rows) == 3 and rows[0] == [TEXT, "-9223372036854775808", "0.1", "0.1", "true", "Red", ""], rows

    frame = pandas.read_csv("ours.csv", keep_default_na=False, na_values={"maybe": [""], "share": ["NaN"]})
    assert frame["name"].tolist() == [TEXT, "", "NA"], frame
    assert frame["count"].tolist() == [-(2**63), 2**63 - 1, 0] and frame["count"].dtype == "int64", frame
    assert frame["share"].tolist()[:2] == [0.1, 5e-324] and math.isnan(frame["share"][2]), frame
    assert frame["small"].tolist() == [0.1, float("inf"), float("-inf")], frame
    assert frame["flag"].tolist() == [True, False, True] and frame["flag"].dtype == bool, frame
    assert frame["maybe"].isna().tolist() == [True, False, False] and frame["maybe"].tolist()[1:] == [1.5, -2.0], frame

    frame = polars.read_csv("ours.csv")
    assert frame.columns == header and frame["count"].to_list() == [-(2**63), 2**63 - 1, 0], frame
    assert frame["name"].to_list()[0] == TEXT and frame["maybe"].to_list() == [None, 1.5, -2.0], frame
    assert frame["small"].to_list() == [0.1, float("inf"), float("-inf")], frame

    for read in [pandas.read_csv, polars.read_csv]:
        none = read("none.csv")
        assert list(none.columns) == header and len(none) == 0, none
    assert open("ours.txt", encoding="utf-8", newline="").read() == TEXT


def make():
    columns = {
        "extra": ["dropped", "too"],
        "maybe": [None, 2.5],
        "kind": ["Green", "Red"],
        "flag": [True, False],
        "small": [float("nan"), 0.5],
        "share": [1e300, -0.0],
        "count": [1, -2],
        "name": [TEXT, "plain"],
    }
    pandas.DataFrame(columns).to_csv("pandas.csv", index=False)
    pandas.DataFrame(columns).to_csv("pandas_quoted.csv", quoting=csv.QUOTE_ALL, encoding="utf-8-sig")
    polars.DataFrame(columns).write_csv("polars.csv")
    with open("theirs.txt", "w", encoding="utf-8", newline="") as file:
        file.write(TEXT)


{"check": check, "make": make}[sys.argv[1]]()
