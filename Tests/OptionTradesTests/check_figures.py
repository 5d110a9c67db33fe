"""Works figures out with QuantLib, numpy, pandas and scipy, and compares them with those of the standard input.

A line is [name, what was given, the figures]. Exits 1 and names the first cases that differ.
"""
import json
import math
import sys
from collections import Counter

import numpy as np
import pandas as pd
import QuantLib as ql
from scipy import stats
from scipy.integrate import quad
from scipy.interpolate import CubicSpline
from scipy.special import ndtr, ndtri


def black_scholes(given):
    (spot, strike, volatility, years), = given
    deviation = volatility * math.sqrt(years)
    call = ql.BlackCalculator(ql.PlainVanillaPayoff(ql.Option.Call, strike), spot, deviation, 1.0)
    put = ql.BlackCalculator(ql.PlainVanillaPayoff(ql.Option.Put, strike), spot, deviation, 1.0)
    return [call.value(), put.value(), call.gamma(spot), call.theta(spot, years) / 365]


def normal(given):
    (z, p), = given
    return [ndtr(z), ndtri(p), stats.norm.pdf(z), ndtr(z)]


def percentiles(given):
    (values,) = given
    return [figure for q in (5, 20, 50, 80, 95) for figure in [np.percentile(values, q)] * 2]


def ranked(given):
    history, (value,) = given
    return [stats.percentileofscore(history, value, kind="mean")]


def returns(given):
    closes = pd.DataFrame({"own": given[0], "benchmark": given[1]}).tail(21).pct_change().dropna()
    return [closes.cov().loc["own", "benchmark"] / closes["benchmark"].var(), closes.corr().loc["own", "benchmark"]]


def smile(given):
    xs, variances, asked = given
    return list(CubicSpline(xs, variances, bc_type="natural")(asked))


def kernel(given):
    values, (spot, price) = given
    estimate = stats.gaussian_kde(values, bw_method="silverman")
    x = math.log(price / spot)
    bandwidth = math.sqrt(estimate.covariance[0, 0])
    return [bandwidth, estimate(x)[0] / price * spot, 1 - estimate.integrate_box_1d(-math.inf, x)]


def moments(given):
    (values,) = given
    return [np.mean(values), np.std(values, ddof=1)]


paths = np.random.default_rng(19).standard_normal(400_000)


def touch(given):
    """A Monte Carlo of the end of the path, and of the bridge to it."""
    (level, spot, forward, volatility, years), = given
    deviation = volatility * math.sqrt(years)
    end = math.log(forward / spot) - deviation**2 / 2 + deviation * paths
    height = math.log(level / spot)
    side = 1 if height >= 0 else -1
    inside = np.minimum(1, np.exp(-2 * side * height * (side * (height - end)) / deviation**2))
    return [np.mean(np.where(side * (end - height) >= 0, 1, inside))]


def density(given):
    """The distribution from a dense grid of prices, not from the program's grid."""
    xs, variances, (forward, is_flat), strikes = given
    spline = CubicSpline(xs, variances, bc_type="natural")
    left, right = np.clip(spline(xs[0], 1), -2, 0), np.clip(spline(xs[-1], 1), 0, 2)

    def variance(x):
        if x < xs[0]:
            return variances[0] + left * (x - xs[0])
        if x > xs[-1]:
            return variances[-1] + right * (x - xs[-1])
        return float(spline(x))

    def slope(strike):
        """P(S <= K) = 1 + dC/dK."""
        def call(k):
            deviation = math.sqrt(variance(math.log(k / forward)))
            return ql.blackFormula(ql.Option.Call, k, forward, deviation)
        step = strike * 1e-4
        return 1 + (call(strike + step) - call(strike - step)) / (2 * step)

    if is_flat:
        deviation = math.sqrt(variances[0])
        move = forward * 2 * (2 * ndtr(deviation / 2) - 1)
        below = [ndtr(math.log(strike / forward) / deviation + deviation / 2) for strike in strikes]
    else:
        move = 2 * ql.blackFormula(ql.Option.Call, forward, forward, math.sqrt(variance(0)))
        below = [slope(strike) for strike in strikes]
    return [0, forward, move, 1] + below


# What may differ: a share of the figure, or of 1 if the figure is below 1.
close = {
    "black_scholes": 1e-9, "normal": 1e-12, "percentiles": 1e-9, "ranked": 1e-9, "returns": 1e-9, "smile": 1e-9, "kernel": 1e-9,
    "moments": 1e-12,
    # Four standard errors of the Monte Carlo.
    "touch": 0.0032,
    # A share of the distribution between two nodes of the grid.
    "density": 5e-4,
}
count, wrong = Counter(), []
for line in sys.stdin:
    name, given, figures = json.loads(line)
    expected = globals()[name](given)
    count[name] += 1
    good = len(expected) == len(figures) and all(
        abs(one - other) <= close[name] * max(1, abs(other)) for one, other in zip(figures, expected))
    if not good:
        wrong.append((name, given, figures, [float(value) for value in expected]))
print(dict(count), file=sys.stderr)
for case in wrong[:5]:
    print("differs:", *case, file=sys.stderr)
print(len(wrong), "differ", file=sys.stderr)
least = {name: 40 if name in ("touch", "density") else 300 for name in close}
sys.exit(1 if wrong or any(count[name] < number for name, number in least.items()) else 0)
