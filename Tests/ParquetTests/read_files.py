"""Reads every file of a directory with pyarrow and DuckDB, and compares the values with those beside it. Exits 1 for a difference."""

import datetime
import decimal
import glob
import sys

import duckdb
import pyarrow
import pyarrow.parquet

decimal.getcontext().prec = 60


def text(value):
    """A value as the tests write it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, str):
        return value.encode().hex()
    if isinstance(value, decimal.Decimal):
        return f"{value:.10f}"
    return str(value)


def arrow(path):
    """The rows as pyarrow reads them, checksums checked."""
    table = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True).read()
    columns = []
    for column in table.columns:
        if pyarrow.types.is_date(column.type):
            column = column.cast(pyarrow.int32())
        if pyarrow.types.is_timestamp(column.type):
            assert column.type == pyarrow.timestamp("us", tz="UTC"), column.type
            column = column.cast(pyarrow.int64())
        columns.append([text(value) for value in column.to_pylist()])
    return [list(row) for row in zip(*columns)]


def duck(path):
    """The rows as DuckDB reads them."""
    connection = duckdb.connect()
    connection.execute("SET timezone = 'UTC'")
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
    columns = []
    for name, kind, *_ in described:
        quoted = f'"{name}"'
        columns.append({
            "TIMESTAMP WITH TIME ZONE": f"epoch_us({quoted})",
            "DATE": f"datediff('day', DATE '1970-01-01', {quoted})",
        }.get(kind, quoted))
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM read_parquet(?)", [path]).fetchall()
    return [[text(value) for value in row] for row in rows]


failures = 0
directory = sys.stdin.read()
for path in sorted(glob.glob(directory + "/*.parquet")):
    with open(path.removesuffix(".parquet") + ".csv", encoding="utf-8") as file:
        expected = [line.rstrip("\n").split(",") for line in file]
    for reader in (arrow, duck):
        found = reader(path)
        if found != expected:
            failures += 1
            print(f"{path}: {reader.__name__} reads {len(found)} rows, {len(expected)} were written", file=sys.stderr)
            for left, right in zip(found, expected):
                if left != right:
                    print(f"  {left}\n  {right}", file=sys.stderr)
                    break
sys.exit(1 if failures else 0)
