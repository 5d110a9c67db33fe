"""Random hourly series with numpy's realized volatility beside each: a line a case, read by the tests.

    start_us end_us expected|- returns position:timestamp_us:spot|- ...

The rule (docs/contract/outcomes.md, "Realized volatility"): returns ln(b / a) of neighbouring points that have a spot,
exactly 60 minutes apart, strictly after the start through the end; sqrt(8766 * mean of their squares) * 100; nothing
below 20 returns or below 0.8 of the hours. Usage: realized_vol.py CASES SEED > file
"""

import sys

import numpy

HOUR = 3_600_000_000
START = 1_700_000_000_000_000


def case(random):
    hours = int(random.choice([24, 48, 168, 720, random.integers(1, 100)]))
    start = START + int(random.integers(0, HOUR))
    end = start + hours * HOUR + (0 if random.random() < 0.7 else int(random.integers(0, HOUR)))
    drop = random.choice([0.0, 0.02, 0.1, 0.3])
    # The grid begins before the start, sometimes exactly on it, and goes on after the end.
    first = start - 3 * HOUR + (0 if random.random() < 0.3 else int(random.integers(0, HOUR)))
    spot = float(random.uniform(10, 200_000))
    points = []
    for step in range(hours + 8):
        timestamp = first + step * HOUR
        spot *= float(numpy.exp(random.normal(0, 0.01)))
        if random.random() < drop:
            if random.random() < 0.5:
                points.append((timestamp, None))
            continue
        points.append((timestamp, "%.*f" % (int(random.integers(0, 9)), spot)))
        if random.random() < drop / 4:
            points.append((timestamp + HOUR // 2, "%.2f" % spot))
    return start, end, points


def expected(start, end, points):
    known = [(t, float(s)) for t, s in points if s is not None and start < t <= end]
    times = numpy.array([t for t, _ in known], dtype=numpy.int64)
    spots = numpy.array([s for _, s in known])
    if len(known) < 2:
        return None, 0
    returns = numpy.log(spots[1:] / spots[:-1])[numpy.diff(times) == HOUR]
    count = len(returns)
    if count < 20 or 10 * count * HOUR < 8 * (end - start):
        return None, count
    return numpy.sqrt(8766 * numpy.mean(returns**2)) * 100, count


def main():
    cases, seed = int(sys.argv[1]), int(sys.argv[2])
    random = numpy.random.default_rng(seed)
    for _ in range(cases):
        start, end, points = case(random)
        value, count = expected(start, end, points)
        text = "-" if value is None else repr(float(value))
        listed = " ".join(f"{i + 1}:{t}:{s or '-'}" for i, (t, s) in enumerate(points))
        print(start, end, text, count, listed)


main()
