#!/usr/bin/env python3
"""Compares projections/shared/new_york.v1.yaml with Python's zoneinfo: every hour of 1970 to 2199, and the
microseconds around each change. Needs nothing but Python and zone data (the host's, or the package tzdata)."""
import pathlib
import re
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

root = pathlib.Path(__file__).resolve().parents[2]
text = (root / "projections/shared/new_york.v1.yaml").read_text()
value = lambda key: int(re.search(rf"^{key}: (-?\d+)$", text, re.M)[1])
standard, daylight, hour = value("standard_offset_minutes"), value("daylight_offset_minutes"), value("change_hour")
zone = ZoneInfo("America/New_York")


def change(date, offset):
    return datetime.fromisoformat(f"{date}T{hour:02}:00:00+00:00") - timedelta(minutes=offset)


spans = {
    int(year): (change(start, standard), change(end, daylight))
    for year, start, end in re.findall(r"^  (\d{4}): \{from: ([\d-]+), to: ([\d-]+)\}$", text, re.M)
}
assert sorted(spans) == list(range(1970, 2200)), "the years are not 1970 to 2199"


def ours(moment):
    start, end = spans[moment.year]
    return daylight if start <= moment < end else standard


def theirs(moment):
    return int(moment.astimezone(zone).utcoffset().total_seconds()) // 60


checked = failed = 0
tick = timedelta(microseconds=1)
moment = datetime(1970, 1, 1, tzinfo=timezone.utc)
while moment.year < 2200:
    checked += 1
    failed += ours(moment) != theirs(moment)
    moment += timedelta(hours=1)
for start, end in spans.values():
    for moment in (start - tick, start, end - tick, end):
        checked += 1
        failed += ours(moment) != theirs(moment)
print(f"{len(spans)} years, {checked} moments compared, {failed} differ")
sys.exit(1 if failed else 0)
