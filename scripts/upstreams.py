"""Upstreams of scripts: a feed whose rows change by a seed and that fails in every way, and a vendor with a price an hour."""

import calendar
import http.server
import json
import socket
import threading
import time
import urllib.parse
import zlib

START = 1767625200  # 2026-01-05T15:00:00Z
KEY = "torture-feed-key"


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + seconds))


class Feed:
    """The feed's rows. Changes and reads take turns."""

    def __init__(self, rng):
        self.rng, self.lock, self.rows, self.removed = rng, threading.Lock(), {}, {}
        self.time, self.watermark, self.is_quiet = 0, 0, False
        # How the feed fails; None for proper answers.
        self.mood = None

    def change(self):
        with self.lock:
            if self.is_quiet:
                return
            for _ in range(self.rng.randint(1, 6)):
                self.time += 1
                self._change_one()
            self.watermark = self.time

    def _change_one(self):
        rng, kind = self.rng, self.rng.random()
        if kind < 0.5 or not self.rows:
            number = len(self.rows) + len(self.removed) + 1
            strike = rng.choice([340, 350])
            self.rows[f"T{number}"] = {
                "tradeId": f"T{number}", "tradeDate": instant(rng.randint(0, 30 * 86400)), "tradeStatus": "FILLED",
                "portfolioName": rng.choice(["ICOI", "IMST"]), "underlyingSymbol": "MSTR", "side": rng.choice(["BUY", "SELL"]),
                "optionType": "CALL", "optionSymbol": f"MSTR260320C00{strike}000", "strike": strike, "expiry": "2026-03-20",
                "filledQuantity": rng.randint(1, 40), "price": f"{rng.randint(1, 9000) / 100:.2f}", "priceCurrency": "USD",
                "contractMultiplier": 100, "quantityUnit": "CONTRACTS", "updatedAt": instant(self.time)}
            return
        if kind > 0.95 and self.removed:
            name = rng.choice(sorted(self.removed))
            self.rows[name] = self.removed.pop(name)
            return
        name = rng.choice(sorted(self.rows))
        if kind > 0.9:
            self.removed[name] = self.rows.pop(name)
            return
        row = dict(self.rows[name], updatedAt=instant(self.time))
        change = rng.randint(0, 2)
        if change == 0:
            row["price"] = f"{rng.randint(1, 9000) / 100:.2f}"
        elif change == 1:
            row["filledQuantity"] = rng.randint(1, 40)
        else:
            row["tradeStatus"] = "BUSTED" if row["tradeStatus"] == "FILLED" else "FILLED"
        self.rows[name] = row

    def quiet(self, is_quiet):
        with self.lock:
            self.is_quiet = is_quiet

    def page(self, query):
        """The one page of a run."""
        since = query.get("updatedSince", [""])[0]
        with self.lock:
            rows = [row for row in self.rows.values() if not since or row["updatedAt"] >= since[:19] + "Z"]
            return {"rows": rows, "nextCursor": None, "hasMore": False,
                    "watermark": instant(self.watermark) if self.watermark else None}


def serve(handler):
    """A server on loopback, in a thread."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def answer(handler, body, status=200, length=None, headers=()):
    """Sends an answer; `length` is what it says of its length."""
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def close(handler):
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def hang(handler, body):
    """Says nothing, for longer than anybody waits."""
    time.sleep(60)
    close(handler)


def drip(handler, body):
    """Sends a byte a second."""
    answer(handler, b"", length=len(body))
    for place in range(min(len(body), 60)):
        handler.wfile.write(body[place:place + 1])
        handler.wfile.flush()
        time.sleep(1)
    close(handler)


def truncate(handler, body):
    """Breaks off in the middle of what it announced."""
    answer(handler, body[:len(body) // 2], length=len(body))
    close(handler)


def halve(handler, body):
    """Half an answer, as if it were whole."""
    answer(handler, body[:len(body) // 2])


def bomb(handler, body):
    """Ten gigabytes of spaces that travel as ten megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Connection", "close")
    handler.end_headers()
    for _ in range(10 << 10):
        handler.wfile.write(packer.compress(b" " * (1 << 20)))
    handler.wfile.write(packer.flush())
    close(handler)


def lie(handler, body):
    """Announces ten gigabytes."""
    answer(handler, body, length=10 << 30)
    close(handler)


def repeat(handler, body):
    """The same page for ever, each time with the same one to follow."""
    page = json.loads(body)
    page.update(hasMore=True, nextCursor="again", watermark=page["watermark"] or instant(0))
    answer(handler, json.dumps(page).encode())


def contradict(handler, body):
    """More rows, and no way to them."""
    answer(handler, json.dumps(dict(json.loads(body), hasMore=True, nextCursor=None)).encode())


def nest(handler, body):
    """A row as deep as a stack is."""
    answer(handler, b'{"rows":[' + b"[" * 100_000 + b"]" * 100_000 + b'],"nextCursor":null,"hasMore":false,"watermark":null}')


def fail(handler, body):
    answer(handler, b"<html>", status=503)


def refuse(handler, body):
    answer(handler, b"{}", status=403)


MOODS = {function.__name__: function for function in (
    hang, drip, truncate, halve, bomb, lie, repeat, contradict, nest, fail, refuse)}


def serve_feed(feed):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            allowed = self.headers.get("Authorization") == KEY
            body = json.dumps(feed.page(urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)) if allowed else {}).encode()
            if allowed and feed.mood:
                try:
                    MOODS[feed.mood](self, body)
                except OSError:
                    # The program had enough.
                    self.close_connection = True
                return
            answer(self, body, status=200 if allowed else 401)

        def log_message(self, *_):
            pass

    return serve(Handler)


def serve_vendor():
    """A vendor that has the hours' prices of BTC, and refuses the rest."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            parts = urllib.parse.urlsplit(self.path)
            query = urllib.parse.parse_qs(parts.query)
            status, body = 403, {"status": 403, "title": "FORBIDDEN", "error": True, "message": "not entitled"}
            if parts.path.endswith("realized-volatility/implied-vs-realized"):
                first, last = (_seconds(query[name][0]) for name in ("startDate", "endDate"))
                rows = [{"timestamp": second * 1000, "exchange": "deribit", "currency": "BTC", "indexPrice": 90000 + second % 7}
                        for second in range(first // 3600 * 3600, last, 3600) if second >= first]
                status, body = 200, {"status": 200, "title": "OK", "payload": {"metadata": {"next": None}, "data": rows}}
            answer(self, json.dumps(body).encode(), status)

        def log_message(self, *_):
            pass

    return serve(Handler)


def _seconds(text):
    """An instant as the program asks with it: milliseconds, or ISO 8601."""
    if text.isdigit():
        return int(text) // 1000
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
