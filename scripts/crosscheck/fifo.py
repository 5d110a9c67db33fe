"""Books each case's executions with beancount's FIFO method and compares; see the script `fifo` beside it.

beancount refuses to close more than is open, so an execution that crosses zero is entered as two postings: the part
that closes and the part that opens. Which lots the closing part takes is beancount's own doing."""
import json
import sys
from datetime import date, timedelta
from decimal import Decimal, getcontext
from fractions import Fraction

import beancount
from beancount import loader

getcontext().prec = 60
cases = [json.loads(line) for line in open(sys.argv[1])]


def ledger():
    yield 'option "operating_currency" "USD"\n2000-01-01 open Income:Result\n'
    for case in cases:
        account, option = f"Assets:Case{case['seed']}", f"OPT{case['seed']}X"
        yield f'2000-01-01 open {account} {option} "FIFO"\n'
        net, day = Decimal(0), date(2001, 1, 1)
        for execution in case["executions"]:
            day += timedelta(1)
            sign = 1 if execution["side"] == "buy" else -1
            left, price = Decimal(execution["quantity"]), execution["price"]
            yield f'{day} * "{execution["id"]}"\n'
            if net * sign < 0:
                closing = min(left, abs(net))
                yield f"  {account}  {sign * closing:f} {option} {{}} @ {price} USD\n"
                net, left = net + sign * closing, left - closing
            if left:
                yield f'  {account}  {sign * left:f} {option} {{{price} USD, "{execution["id"]}"}}\n'
                net += sign * left
            yield "  Income:Result\n"


def rounded(value):
    return None if value is None else Decimal(value)


def half_even(value):
    """A fraction rounded half to even to 10 digits."""
    return Decimal(round(value * 10**10)).scaleb(-10)


entries, errors, _ = loader.load_string("".join(ledger()))
if errors:
    sys.exit(f"beancount reports {len(errors)} errors: {errors[0]}")
matches, lots = {}, {}
for entry in entries:
    for posting in getattr(entry, "postings", []):
        if not posting.account.startswith("Assets:Case"):
            continue
        seed, cost, units = int(posting.account[len("Assets:Case"):]), posting.cost, posting.units.number
        if posting.price is None:
            lots.setdefault(seed, {})[cost.label] = units
        else:
            pnl = (Fraction(posting.price.number) - Fraction(cost.number)) * -Fraction(units)
            matches.setdefault(seed, []).append((cost.label, entry.narration, abs(units), pnl))
            lots[seed][cost.label] += units

failures = compared = 0
for case in cases:
    seed, factor = case["seed"], case["multiplier"]
    theirs = matches.get(seed, [])
    open_lots = [(label, units) for label, units in lots.get(seed, {}).items() if units]
    prices = {execution["id"]: Fraction(execution["price"]) for execution in case["executions"]}
    worth = sum(abs(Fraction(units)) * prices[label] for label, units in open_lots)
    held = sum(abs(Fraction(units)) for _, units in open_lots)
    checks = [
        ([(m["open"], m["close"], Decimal(m["quantity"]), Decimal(m["pnl"])) for m in case["matches"]],
         [(o, c, q, half_even(p * factor)) for o, c, q, p in theirs]),
        ([(lot["id"], Decimal(lot["remaining"]) * (1 if lot["side"] == "buy" else -1)) for lot in case["open_lots"]],
         open_lots),
        (rounded(case["realized"]), half_even(sum((p for *_, p in theirs), Fraction(0)) * factor)),
        (rounded(case["closed_quantity"]), sum((q for _, _, q, _ in theirs), Decimal(0))),
        (rounded(case["open_premium"]), half_even(worth * factor)),
        (rounded(case["average"]), half_even(worth / held) if held else None),
    ]
    compared += len(theirs) + len(open_lots) + 4
    for ours, expected in checks:
        if ours != expected:
            failures += 1
            print(f"seed {seed}: {ours} but beancount gives {expected}")
executions = sum(len(case["executions"]) for case in cases)
print(f"beancount {beancount.__version__}: {len(cases)} lifecycles, {executions} executions, "
      f"{sum(map(len, matches.values()))} matches, {compared} figures compared, {failures} differ")
sys.exit(1 if failures else 0)
