"""A small ledger of the installed program with as many types of events as a log without a broker's session can have.

    python3 scripts/small_ledger.py PROGRAM DIRECTORY

Leaves the embedded server's files in DIRECTORY/data. The feed's rows follow from a seed; identifiers and times do not.
"""

import json
import os
import random
import subprocess
import sys

from upstreams import KEY, Feed, instant, serve_feed, serve_vendor


def main():
    program, directory = sys.argv[1:]
    feed = Feed(random.Random(22))
    feed_server, vendor = serve_feed(feed), serve_vendor()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ALPHA_TRADE", "ALPACA", "DATABASE_", "AMBERDATA"))}
    environment.update({
        "ALPHA_LEDGER_DATA_DIR": directory + "/data", "ALPHA_TRADE_FEED_URL": f"http://127.0.0.1:{feed_server.server_address[1]}/feed",
        "ALPHA_TRADE_FEED_API_KEY": KEY, "ALPHA_TRADE_FEED_PORTFOLIOS": "ICOI,IMST", "AMBERDATA_API_KEY": "a-key",
        "AMBERDATA_BASE_URL": f"http://127.0.0.1:{vendor.server_address[1]}"})

    def run(*arguments, expected=(0,), **more):
        done = subprocess.run(
            [program, *arguments], cwd=directory, env={**environment, **more}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode not in expected:
            sys.exit(f"{' '.join(arguments)}: {done.returncode} {done.stdout}{done.stderr}")

    for _ in range(12):
        feed.change()
    feed.rows["R1"] = dict(next(iter(feed.rows.values())), tradeId="R1", price="nothing")
    run("sync", "--apply", "--full-scope")
    for _ in range(4):
        for _ in range(4):
            feed.change()
        run("sync", "--apply", "--full-scope")
    run("sync", "--apply", ALPHA_TRADE_FEED_API_KEY="another", expected=(1, 2, 4))

    with open(directory + "/market.ndjson", "w") as file:
        for hour in range(0, 24 * 24, 4):
            at = {"currency": "BTC", "timestamp": instant((hour - 48) * 3600)}
            lines = [{"kind": "spot", "price": 90000 + hour * 7 % 500, **at}]
            if hour % 12 == 0:
                lines.append({"kind": "gex_hourly", "net_gex": hour * 1000 - 9000, "abs_gex": 200000 + hour, "spot": 90000 + hour, **at})
                lines.append({"kind": "vol_metrics", "dvol": "55.25", "iv_atm_30d": "52.5", "rv_30d": 48 + hour % 9, "spot": 90000, **at})
            if hour % 24 == 0:
                for strike in (340, 350):
                    lines.append({
                        "kind": "option_quote", "underlying": "MSTR", "expiry": "2026-03-20", "strike": strike, "option_type": "call",
                        "timestamp": at["timestamp"], "bid": f"{hour % 70}.25", "ask": f"{hour % 70 + 1}.75"})
            file.writelines(json.dumps(line) + "\n" for line in lines)
    run("observe", "import", "--apply", directory + "/market.ndjson")
    for name in ("context", "benchmarks", "marks"):
        run("backfill", name, "--apply", *(["--quotes", "log"] if name != "context" else []))
    run("capture", "spot", "--currency", "BTC", "--from", "2026-01-07", "--to", "2026-01-08", "--apply", "--again")
    run("capture", "funding", "--currency", "BTC", "--from", "2026-01-07", "--to", "2026-01-08", "--apply", expected=(0, 1))

    stated = ["--portfolio", "IMST", "--contract", "MSTR260320C00350000", "--by", "operations", "--reason", "a statement"]
    for value, name in (("-3", "A-1"), ("5", "A-2")):
        run("assertions", "state", *stated, "--kind", "quantity", "--as-of", "2026-02-02T21:00:00Z", "--value", value, "--id", name,
            "--apply")
    run("assertions", "withdraw", "A-2", "--by", "operations", "--reason", "another document", "--apply")

    for number in (1, 2, 3):
        intent = {"intent_id": f"I-{number}", "ticker": "SPY", "instrument_type": "CALL", "action": "BUY", "strategy": "day_trade"}
        run("broker", "intend", "--sample", json.dumps(intent))
    run("broker", "cancel", "--sample", "I-2", "--why", "changed my mind")
    run("broker", "dispatch", "--sample", "--once")
    run("broker", "halt", "--sample", "--why", "a drill")
    run("broker", "resume", "--sample", "--why", "the drill is over")
    run("projection", "rebuild", "alignment")
    feed_server.shutdown()
    vendor.shutdown()


main()
