"""The list of trades as a FastAPI service over asyncpg would answer it, from the same rows in a plain typed table.

`/api/internal/trades` is written as one would: rows to dictionaries, FastAPI makes the JSON. `/tuned/trades` lets the
database make it and hands the bytes on.
"""

import os
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Response


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool(os.environ["BENCH_DATABASE"], min_size=4, max_size=8)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.get("/api/internal/trades")
async def trades(limit: int = 100, after: str = ""):
    rows = await app.state.pool.fetch(
        "SELECT * FROM bench.trades WHERE (source, source_trade_id) > ('alpha_sync', $1)"
        " ORDER BY source, source_trade_id LIMIT $2",
        after,
        limit + 1,
    )
    page = [dict(row) for row in rows[:limit]]
    more = len(rows) > limit
    return {"rows": page, "next_cursor": page[-1]["source_trade_id"] if more else None, "aggregates": None}


@app.get("/tuned/trades")
async def tuned(limit: int = 100, after: str = ""):
    body = await app.state.pool.fetchval(
        "SELECT json_build_object('rows', coalesce(json_agg(t), '[]'), 'aggregates', null)::text FROM ("
        "SELECT * FROM bench.trades WHERE (source, source_trade_id) > ('alpha_sync', $1)"
        " ORDER BY source, source_trade_id LIMIT $2) t",
        after,
        limit,
    )
    return Response(body, media_type="application/json")
