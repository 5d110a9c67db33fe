"""Random markets and trades with what numpy and pandas say of their context: lines that the tests read.

    S join                                                   a new market, `nearest` or `at_or_before`
    G position timestamp_us net abs imbalance spot           a gex_hourly observation
    V position timestamp_us dvol vrp near far realized spot  a vol_metrics observation
    T timestamp_us gex vol quality delta dvol_percentile imbalance regime history stationarity
                                                             a trade and what is expected of its stamp

Nulls are `-`. Joins come from pandas.merge_asof and again from numpy.argmin, which must agree; daily last values from
a pandas groupby; percentiles, means and variances from numpy in floats. Where a float lies within 1e-9 of a
threshold, fractions of the standard library judge instead; how often is printed to standard error. Rules:
docs/contract/context.md, v1. Usage: context.py SERIES TRADES_EACH SEED > file
"""

import sys
from decimal import ROUND_HALF_EVEN, Decimal, getcontext
from fractions import Fraction

import numpy
import pandas

getcontext().prec = 60
MINUTE = 60_000_000
DAY = 86_400_000_000
START = 1_700_000_000_000_000
FRESH = {"gex": 90 * MINUTE, "vol": 2160 * MINUTE}
STALE = 10_080 * MINUTE
judged = {"gamma by floats": 0, "gamma by fractions": 0, "stationarity by floats": 0, "stationarity by fractions": 0}


def text(value):
    return "-" if value is None else str(value)


def rounded(fraction, digits):
    quotient = Decimal(fraction.numerator) / Decimal(fraction.denominator)
    value = quotient.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    # 60 significant digits are far more than a tie at the tenth place needs.
    out = format(value.normalize(), "f")
    return "0" if out in ("-0", "0") else out


def market(random):
    """Hourly gex and a few vol rows a day, with gaps, nulls, odd times and values that repeat."""
    span = int(random.choice([5, 40, 100, 130, 420]))
    drop = float(random.choice([0.0, 0.1, 0.5]))
    null = float(random.choice([0.0, 0.05, 0.4]))
    digits = int(random.choice([1, 2, 6, 10]))

    def number(value, places=digits):
        return None if random.random() < null else f"{value:.{places}f}"

    gex, vol = [], []
    jitter = random.random() < 0.5
    drift = random.random() < 0.5
    own_share = float(random.choice([0.0, 0.5, 1.0]))
    level = random.uniform(-0.5, 0.5)
    for hour in range(0, span * 24, int(random.choice([1, 1, 4]))):
        if random.random() < drop:
            continue
        time = START + hour * 60 * MINUTE + (int(random.integers(0, 60 * MINUTE)) if jitter else 0)
        level = float(numpy.clip(level + random.normal(0, 0.05), -0.99, 0.99))
        absolute = random.uniform(0.1, 900)
        own = number(level) if random.random() < own_share else None
        total = "0" if random.random() < 0.02 else number(absolute)
        gex.append((time, number(level * absolute), total, own, number(random.uniform(1e4, 1e5), 2)))
    dvol = 55.0
    shock = random.uniform(0, 3) if drift else float(random.choice([0.0, 0.05, 0.3]))
    for step in range(0, span * 24, int(random.choice([3, 12, 24]))):
        if random.random() < drop / 2:
            continue
        time = START + step * 60 * MINUTE + (int(random.integers(0, 60 * MINUTE)) if jitter else 0)
        dvol = float(numpy.clip(dvol + random.normal(0, shock), 20, 150))
        vol.append(
            (time, number(dvol), number(random.normal(5, 5)), number(dvol + random.normal(0, 3), 1),
             number(dvol + random.normal(0, 3), 1), number(random.uniform(20, 80)), number(random.uniform(1e4, 1e5), 2)))
    return span, gex, vol


def joined(times, trade, kind, mode):
    """The index of the joined row, or None: by pandas, and by numpy."""
    if len(times) == 0:
        return None
    left = pandas.DataFrame({"t": numpy.array([trade], dtype=numpy.int64)})
    right = pandas.DataFrame({"t": times, "row": numpy.arange(len(times))})
    before = pandas.merge_asof(left, right, on="t", direction="backward", tolerance=STALE)["row"][0]
    candidates = []
    if not pandas.isna(before):
        candidates.append(int(before))
    if mode == "nearest":
        after = pandas.merge_asof(
            left, right, on="t", direction="forward", tolerance=FRESH[kind], allow_exact_matches=False)["row"][0]
        if not pandas.isna(after):
            candidates.append(int(after))
    by_pandas = min(candidates, key=lambda row: (abs(int(times[row]) - trade), times[row]), default=None)

    distance = numpy.abs(times - trade)
    allowed = numpy.where(times <= trade, STALE, FRESH[kind] if mode == "nearest" else -1)
    masked = numpy.where(distance <= allowed, distance, numpy.iinfo(numpy.int64).max)
    nearest = int(numpy.argmin(masked))
    by_numpy = nearest if distance[nearest] <= allowed[nearest] else None
    assert by_pandas == by_numpy, (by_pandas, by_numpy)
    return by_pandas


def imbalance(row):
    _, net, total, own, _ = row
    if own is not None:
        return Fraction(own)
    if net is None or total is None or Fraction(total) == 0:
        return None
    return Fraction(net) / Fraction(total)


def interpolated(ordered, share):
    place = Fraction(len(ordered) - 1) * Fraction(share, 100)
    low = place.numerator // place.denominator
    if place == low:
        return ordered[low]
    return ordered[low] + (ordered[low + 1] - ordered[low]) * (place - low)


def regime(value, window):
    if value is None:
        return None, True
    if len(window) < 240:
        return ("long_gamma" if value >= Fraction(1, 10) else "short_gamma" if value <= Fraction(-1, 10) else "neutral"), False
    low, high = numpy.percentile(numpy.array([float(v) for v in window]), [30, 70])
    if min(abs(float(value) - low), abs(float(value) - high)) <= 1e-9:
        judged["gamma by fractions"] += 1
        ordered = sorted(window)
        low, high = interpolated(ordered, 30), interpolated(ordered, 70)
    else:
        judged["gamma by floats"] += 1
        value = float(value)
    return ("long_gamma" if value >= high else "short_gamma" if value <= low else "neutral"), True


def stationarity(recent, older):
    if len(recent) < 20 or len(older) < 40:
        return "insufficient"

    def verdict(mean, variance, zero):
        m1, m2, v1, v2 = mean(recent), mean(older), variance(recent), variance(older)
        pooled = ((len(recent) - 1) * v1 + (len(older) - 1) * v2) / (len(recent) + len(older) - 2)
        shift = (m1 - m2) ** 2
        if v2 == zero:
            return (shift > pooled or v1 != zero), [shift - pooled, v1, v2]
        return (shift > pooled or v1 * 2 < v2 or v1 > v2 * 2), [shift - pooled, v1 * 2 - v2, v1 - v2 * 2]

    floats = verdict(
        lambda values: float(numpy.mean([float(v) for v in values])),
        lambda values: float(numpy.var([float(v) for v in values], ddof=1)), 0.0)
    unstable = floats[0]
    if min(abs(edge) for edge in floats[1]) <= 1e-9:
        judged["stationarity by fractions"] += 1

        def mean(values):
            return sum(values) / len(values)

        def variance(values):
            return sum((v - mean(values)) ** 2 for v in values) / (len(values) - 1)

        unstable = verdict(mean, variance, 0)[0]
    else:
        judged["stationarity by floats"] += 1
    return "unstable" if unstable else "stable"


def trades(random, span, gex, vol, count):
    """Anywhere, near observations, at equal distances, and at the edges of tolerances, windows and days."""
    times = [row[0] for row in gex + vol] or [START]
    edges = [0, 1, -1, 90 * MINUTE, 2160 * MINUTE, STALE, 30 * DAY, 90 * DAY, 365 * DAY]
    for _ in range(count):
        choice = random.random()
        if choice < 0.4:
            yield START + int(random.integers(0, span * DAY + 3 * DAY))
        elif choice < 0.7:
            yield int(random.choice(times)) + int(random.choice(edges)) + int(random.integers(-1, 2))
        elif choice < 0.85:
            index = int(random.integers(0, len(times)))
            yield (times[index] + times[max(0, index - 1)]) // 2
        else:
            yield START + int(random.integers(0, span + 1)) * DAY + int(random.integers(-1, 2))


def expected(trade, gex, vol, mode):
    gex_times = numpy.array([row[0] for row in gex], dtype=numpy.int64)
    vol_times = numpy.array([row[0] for row in vol], dtype=numpy.int64)
    g, v = joined(gex_times, trade, "gex", mode), joined(vol_times, trade, "vol", mode)
    distances = [
        abs(int(times[row]) - trade) - FRESH[kind]
        for times, row, kind in ((gex_times, g, "gex"), (vol_times, v, "vol")) if row is not None
    ]
    quality = "unavailable" if not distances else "stale" if max(distances) > 0 else "proxy_mapped"
    delta = None
    if g is not None and gex[g][4] is not None:
        delta = abs(gex[g][0] - trade)
    elif v is not None and vol[v][6] is not None:
        delta = abs(vol[v][0] - trade)

    known = pandas.DataFrame(
        {"t": [row[0] for row in vol if row[0] < trade and row[1] is not None],
         "dvol": [Fraction(row[1]) for row in vol if row[0] < trade and row[1] is not None]})
    daily = known.groupby(known["t"] // DAY).tail(1) if len(known) else known

    def window(first, last):
        inside = daily[(daily["t"] >= trade - first * DAY) & (daily["t"] < trade - last * DAY)] if len(daily) else daily
        return list(inside["dvol"])

    percentile = None
    if v is not None and vol[v][1] is not None:
        value, year = Fraction(vol[v][1]), window(365, 0)
        if len(year) >= 60:
            values = numpy.array(year, dtype=object)
            rank = int(numpy.sum(values < value)) + Fraction(int(numpy.sum(values == value)), 2)
            percentile = rounded(100 * rank / len(year), 10)

    value = None if g is None else imbalance(gex[g])
    past = [imbalance(row) for row in gex if trade - 90 * DAY <= row[0] < trade]
    name, history = regime(value, [item for item in past if item is not None])
    return (
        g, v, quality, None if delta is None else rounded(Fraction(delta, MINUTE), 4), percentile,
        None if value is None else rounded(value, 10), name, int(history), stationarity(window(30, 0), window(90, 30)))


def main():
    series, each, seed = (int(argument) for argument in sys.argv[1:4])
    random = numpy.random.default_rng(seed)
    for _ in range(series):
        mode = str(random.choice(["nearest", "nearest", "at_or_before"]))
        span, gex, vol = market(random)
        gex = sorted({row[0]: row for row in gex}.values())
        vol = sorted({row[0]: row for row in vol}.values())
        print("S", mode)
        for index, row in enumerate(gex):
            print("G", index + 1, *map(text, row))
        for index, row in enumerate(vol):
            print("V", index + 100_001, *map(text, row))
        for trade in trades(random, span, gex, vol, each):
            if trade < 0:
                continue
            g, v, *rest = expected(trade, gex, vol, mode)
            print("T", trade, "-" if g is None else g + 1, "-" if v is None else v + 100_001, *map(text, rest))
    print("; ".join(f"{name}: {count}" for name, count in judged.items()), file=sys.stderr)


main()
