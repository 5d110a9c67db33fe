"""Reads exports with pyarrow and DuckDB, and works out what the ledger says of them: counts, a sum, the digest of a view's rows, and the
RFC 6962 root over the leaves. Exits 1 for anything else than that. Shares nothing with the program."""

import datetime
import decimal
import glob
import hashlib
import json
import sys

import duckdb
import pyarrow.parquet

decimal.getcontext().prec = 60
given = json.load(sys.stdin)


def root(leaves):
    """The Merkle tree hash of RFC 6962."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


def rows(directory):
    """All rows of a directory, files in order of path, and what the first file's footer says."""
    found, said = [], None
    for path in sorted(glob.glob(directory + "/**/*.parquet", recursive=True)):
        file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
        said = said or {key.decode(): value.decode() for key, value in file.metadata.metadata.items()}
        found += file.read().to_pylist()
    return found, said


def text(value, kind):
    """A value in canonical JSON, as the rows of a view are digested."""
    if value is None:
        return "null"
    if kind in ("texts", "object"):
        return value
    if kind == "instant":
        value = value.strftime("%Y-%m-%dT%H:%M:%S") + (f".{value.microsecond:06}" if value.microsecond else "") + "Z"
    elif kind == "date":
        value = value.isoformat()
    elif kind == "decimal":
        value = f"{value:f}"
        value = value.rstrip("0").rstrip(".") if "." in value else value
        value = "0" if value in ("-0", "") else value
    return json.dumps(value, ensure_ascii=False)


def check(name, found, expected):
    if found != expected:
        print(f"{name}: found {found}, expected {expected}", file=sys.stderr)
        sys.exit(1)


# The log: positions without a gap, each leaf its hash, and the root.
events, said = rows(given["events"])
check("positions", [row["position"] for row in events], list(range(1, given["positions"] + 1)))
check("leaf hashes", [row["leaf_hash"] for row in events], [hashlib.sha256(b"\x00" + row["leaf"]).digest() for row in events])
check("root", root([row["leaf_hash"] for row in events]).hex(), given["root"])
check("root of the footer", said["alpha_ledger.root_hash"], given["root"])
for row in events:
    leaf = json.loads(row["leaf"])
    check("payload", json.loads(row["payload"]), leaf["payload"])
    check("time", row["recorded_at"], datetime.datetime.fromisoformat(leaf["recorded_at"]))

# A view: the digest of its rows in the order of the key.
trades, said = rows(given["trades"])
check("rows", len(trades), given["rows"])
columns = json.loads(said["alpha_ledger.columns"])
trades.sort(key=lambda row: [row[name].encode() for name in columns["key"]])
digest = hashlib.sha256()
for row in trades:
    members = [f"{json.dumps(name)}:{text(row[name], column['type'])}" for name, column in columns["columns"].items() if column["digested"]]
    digest.update(("{" + ",".join(members) + "}\n").encode())
check("digest", digest.hexdigest(), given["digest"])

# DuckDB, with the partition from the directories.
connection = duckdb.connect()
connection.execute("SET timezone = 'UTC'")
source = f"read_parquet('{given['trades']}/**/*.parquet', hive_partitioning = true)"
count, total = connection.execute(f"SELECT count(entry_premium_usd), sum(entry_premium_usd) FROM {source}").fetchone()
check("count", count, given["count"])
check("sum", total, decimal.Decimal(given["sum"]))
wrong = connection.execute(
    f"SELECT count(*) FROM {source} WHERE by_underlying IS DISTINCT FROM underlying_symbol").fetchone()[0]
check("rows in the directory of another partition", wrong, 0)
