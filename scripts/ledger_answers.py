"""A hundred pinned questions to a service, and the SHA-256 of each answer: python3 ledger_answers.py ADDRESS"""

import hashlib
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

address = sys.argv[1].rstrip("/")


def ask(path):
    try:
        with urllib.request.urlopen(address + path, timeout=120) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{path}: {error.code} {error.read().decode()}")


def document(path):
    return json.loads(ask(path))


VIEWS = {
    "trades": "/api/internal/trades",
    "lifecycles": "/api/internal/trades/positions",
    "context": "/api/internal/trades/context",
    "execution_quality": "/api/internal/trades/execution-quality",
    "alignment": "/api/internal/trades/opportunity-alignment",
    "outcomes": "/api/internal/trades/outcomes",
    "sync_state": "/api/internal/trades/sync-state",
}
# Asked for once or twice each.
MORE = {
    "assertions": "/api/internal/assertions",
    "snapshots": "/api/market/series/snapshots",
    "spot_snapshots": "/api/market/series/spot_snapshots",
    "gex_hourly": "/api/market/series/gex_hourly",
    "vol_metrics_snapshots": "/api/market/series/vol_metrics_snapshots",
    "dispatches": "/api/broker/dispatches",
}

head = document("/api/ledger/head")["position"]
code = {p["name"]: p["code_version"] for p in document("/api/ledger/projections")["projections"] if p["served"]}
last = document(f"/api/ledger/events/{head}")["recorded_at"]


def pinned(view, position, more=""):
    rules = urllib.parse.quote(f"v1/c{code[view]}")
    return f"{(VIEWS | MORE)[view]}?as_of_position={position}&as_of={last}&rules={rules}{more}"


questions = []
for view in VIEWS:
    for position in [head, head * 3 // 4, head // 2, head // 10]:
        questions.append(pinned(view, position, "&limit=40"))
    questions.append(pinned(view, head, "&limit=7&receipt=true"))
    if view != "sync_state":
        questions.append(pinned(view, head, "&underlying=COIN&limit=20"))
        questions.append(pinned(view, head, "&portfolio=IMST&limit=20&receipt=true"))
        questions.append(pinned(view, head, "&limit=30&effective_at=2025-12-15T00:00:00Z"))
    page = document(pinned(view, head, "&limit=5"))
    if page["next_cursor"]:
        cursor = urllib.parse.quote(page["next_cursor"])
        questions.append(pinned(view, head, f"&limit=5&cursor={cursor}"))
questions.append(pinned("outcomes", head, "&horizons=1,30&limit=20"))
for view in MORE:
    questions.append(pinned(view, head, "&limit=20&receipt=true"))
    questions.append(pinned(view, head // 2, "&limit=20"))
for position in [1, 2, 100, head // 4, head // 3, head // 2, head * 2 // 3, head - 1, head]:
    questions.append(f"/api/ledger/events/{position}")
    questions.append(f"/api/ledger/proof/inclusion?position={position}&size={head}")
for first in [1, 2, head // 7, head // 2, head - 1]:
    questions.append(f"/api/ledger/proof/consistency?from={first}&to={head}")
trades = document(pinned("trades", head, "&limit=1000"))["rows"]
FIELDS = {
    "trades": ["entry_premium_usd", "market_proxy"],
    "execution_quality": ["fill_vs_mid_bps", "benchmark_quality"],
    "alignment": ["alignment_score", "confidence"],
    "outcomes": [],
    "context": [],
    "lifecycles": [],
}
for view, fields in FIELDS.items():
    for field in fields:
        for trade in trades[5::max(1, len(trades) // 4)]:
            key = urllib.parse.quote(f"alpha_sync|{trade['source_trade_id']}")
            questions.append(f"/api/ledger/explain?view={view}&key={key}&field={field}&as_of_position={head}&as_of={last}")

if len(questions) < 100:
    sys.exit(f"only {len(questions)} questions")
answers = []
for question in questions[:100]:
    body = ask(question)
    answers.append({"bytes": len(body), "question": question, "sha256": hashlib.sha256(body).hexdigest()})
print(json.dumps({"answers": answers, "head": head}, indent=1))
