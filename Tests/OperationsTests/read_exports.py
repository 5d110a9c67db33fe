"""Reads exports with pyarrow and DuckDB, or with Spark, and works out what the ledger says of them: counts, a sum, the digest of a view's
rows, and the RFC 6962 root over the leaves. Exits 1 for anything else than that. Shares nothing with the program."""

import datetime
import decimal
import glob
import hashlib
import json
import os
import sys
import time

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


class Arrow:
    """pyarrow reads rows, and DuckDB sums."""

    def __init__(self):
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute("SET timezone = 'UTC'")

    def rows(self, directory):
        """All rows of a directory, files in order of path."""
        import pyarrow.parquet

        found = []
        for path in sorted(glob.glob(directory + "/**/*.parquet", recursive=True)):
            file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
            said = {key.decode(): value.decode() for key, value in file.metadata.metadata.items()}
            check("root of the footer", said["alpha_ledger.root_hash"], given["root"])
            found += file.read().to_pylist()
        return found

    def query(self, sql, directory):
        return self.connection.execute(sql.format(f"read_parquet('{directory}/**/*.parquet', hive_partitioning = true)")).fetchone()


class Spark:
    """Spark reads rows and sums."""

    def __init__(self):
        # Collected times are those of the process's zone.
        os.environ["TZ"] = "UTC"
        time.tzset()
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        self.session = builder.config("spark.sql.session.timeZone", "UTC").config("spark.driver.host", "127.0.0.1").getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

    def rows(self, directory):
        read = self.session.read.parquet(directory)
        return [{name: self.plain(value) for name, value in row.asDict().items()} for row in read.toLocalIterator()]

    @staticmethod
    def plain(value):
        if isinstance(value, datetime.datetime):
            return value.replace(tzinfo=datetime.timezone.utc)
        return bytes(value) if isinstance(value, bytearray) else value

    def query(self, sql, directory):
        self.session.read.parquet(directory).createOrReplaceTempView("exported")
        return tuple(self.session.sql(sql.format("exported")).collect()[0])


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


engine = Spark() if given["engine"] == "spark" else Arrow()

# The log: positions without a gap, each leaf its hash, and the root.
events = sorted(engine.rows(given["events"]), key=lambda row: row["position"])
check("positions", [row["position"] for row in events], list(range(1, given["positions"] + 1)))
check("leaf hashes", [row["leaf_hash"] for row in events], [hashlib.sha256(b"\x00" + row["leaf"]).digest() for row in events])
check("root", root([row["leaf_hash"] for row in events]).hex(), given["root"])
for row in events:
    leaf = json.loads(row["leaf"])
    check("payload", json.loads(row["payload"]), leaf["payload"])
    check("time", row["recorded_at"], datetime.datetime.fromisoformat(leaf["recorded_at"]))

# A view: the digest of its rows in the order of the key.
trades = engine.rows(given["trades"])
check("rows", len(trades), given["rows"])
columns = json.loads(given["columns"])
trades.sort(key=lambda row: [row[name].encode() for name in columns["key"]])
digest = hashlib.sha256()
for row in trades:
    members = [f"{json.dumps(name)}:{text(row[name], column['type'])}" for name, column in columns["columns"].items() if column["digested"]]
    digest.update(("{" + ",".join(members) + "}\n").encode())
check("digest", digest.hexdigest(), given["digest"])

# Sums, with the partition from the directories.
count, total = engine.query("SELECT count(entry_premium_usd), sum(entry_premium_usd) FROM {}", given["trades"])
check("count", count, given["count"])
check("sum", total, decimal.Decimal(given["sum"]))
wrong = engine.query("SELECT count(*) FROM {} WHERE by_underlying IS DISTINCT FROM underlying_symbol", given["trades"])
check("rows in the directory of another partition", wrong, (0,))
