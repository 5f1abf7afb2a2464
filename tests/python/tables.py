"""pandas, pyarrow and Polars beside zen's tables: `check` reads ours, `make` writes theirs."""

import datetime
import decimal
import sys

import pandas
import polars
import pyarrow
import pyarrow.parquet


BEGIN = datetime.datetime(2020, 9, 13, 12, 26, 40, 123000, tzinfo=datetime.timezone.utc)


def check():
    table = pyarrow.parquet.read_table("every.parquet")
    table.validate(full=True)
    assert table.num_rows == 3 and table.num_columns == int(open("columns.txt").read()), table.schema
    rows = table.to_pydict()
    assert rows["int64"] == [-(2**63), 2**63 - 1, None], rows["int64"]
    assert rows["uint64"] == [0, 2**64 - 1, None], rows["uint64"]
    assert rows["utf8_view"] == ["é\0\n", "", None], rows["utf8_view"]
    assert rows["categories"] == ["é\0\n", "", None], rows["categories"]
    assert rows["list"] == [[1, None], [None, 2], None], rows["list"]
    assert rows["struct"] == [{"x": -1, "y": "a"}, {"x": 86399, "y": None}, None], rows["struct"]
    assert rows["map"] == [[("a", 1)], [], None], rows["map"]
    assert rows["timestamp_ms"][1] == BEGIN.replace(tzinfo=None), rows["timestamp_ms"]
    assert rows["decimal128"][1] == decimal.Decimal("0.0000000005"), rows["decimal128"]
    assert str(table.schema.field("timestamp_us").type) == "timestamp[us, tz=Europe/Paris]", table.schema

    frame = pandas.read_parquet("small.parquet")
    assert list(frame.columns) == ["x", "text"] and frame["x"].tolist()[:2] == [1.5, float("inf")], frame
    assert frame["x"].isna().tolist() == [False, False, True], frame
    assert frame["text"].tolist()[:2] == ["1.5", "inf"], frame

    frame = polars.read_parquet("small.parquet")
    assert frame.rows() == [(1.5, "1.5"), (float("inf"), "inf"), (None, None)], frame
    assert polars.read_parquet("none.parquet").shape == (0, 2)
    assert pandas.read_parquet("none.parquet").shape == (0, 2)


def make():
    columns = {
        "n": pyarrow.array([1, None, 3], pyarrow.int64()),
        "x": pyarrow.array([0.5, float("nan"), None]),
        "text": pyarrow.array(["a", "é", None]),
        "when": pyarrow.array([BEGIN, None, BEGIN], pyarrow.timestamp("us", "Europe/Paris")),
        "price": pyarrow.array([decimal.Decimal("1.25"), None, decimal.Decimal("-3.00")], pyarrow.decimal128(10, 2)),
        "kind": pyarrow.array(["b", "a", "b"]).dictionary_encode(),
        "list": pyarrow.array([[1, 2], [], None]),
        "inner": pyarrow.array([{"a": 1, "b": ["x"]}, {"a": None, "b": None}, None]),
    }
    table = pyarrow.table(columns)
    for compression in ["none", "snappy", "zstd", "gzip", "brotli", "lz4"]:
        for version in ["1.0", "2.0"]:
            name = f"pyarrow_{compression}_{version}.parquet"
            pyarrow.parquet.write_table(table, name, compression=compression, data_page_version=version, row_group_size=2)
    pyarrow.parquet.write_table(table, "pyarrow_plain.parquet", use_dictionary=False, store_schema=False, compression="none")
    table.to_pandas().to_parquet("pandas_frame.parquet")
    frame = polars.from_arrow(table)
    for compression in ["uncompressed", "snappy", "zstd", "gzip", "brotli", "lz4"]:
        frame.write_parquet(f"polars_{compression}.parquet", compression=compression)
    pyarrow.parquet.write_table(table.slice(0, 0), "empty_pyarrow.parquet")
    table.slice(0, 0).to_pandas().to_parquet("empty_pandas.parquet")
    frame.clear().write_parquet("empty_polars.parquet")


{"check": check, "make": make}[sys.argv[1]]()
