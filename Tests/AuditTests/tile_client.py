"""A client of the open log with nothing of ours, from the C2SP texts and RFC 6962 and 8032, in the standard library alone.

Standard input: {"vkey", "directory" or "url" (with "bearer"), "heads": [notes], "proofs": {position: text}, "entries": bool}. The
checkpoint and each head must be signed; for each the tree is worked out again from the tiles of its size, the partial ones
included, and every level is compared with the one below. Entries must hash to the tiles, proofs lead to their checkpoint. With a
directory and an URL both must hold the same bytes. Exits 0 where all holds, 1 where something does not.
"""
import base64, gzip, hashlib, json, os, sys, urllib.request

# Ed25519 (RFC 8032, section 5.1), in extended coordinates.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    assert y < P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - square) % P == 0 and not (x == 0 and sign)
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def add(a, b):
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, at):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, at)
        at, number = add(at, at), number >> 1
    return total


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def verify(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    assert len(signature) == 64 and s < L
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(point(signature[:32]), times(k, point(key)))
    assert (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def decoded(text):
    """The bytes of base64 in its only spelling."""
    data = base64.b64decode(text, validate=True)
    assert base64.b64encode(data).decode() == text
    return data


def opened(note, vkey):
    """The size and root of a checkpoint that the key signed."""
    name, key_hash, key = vkey.split("+", 2)
    key = decoded(key)
    assert key[0] == 1 and hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_hash
    text, _, block = note.rpartition("\n\n")
    text += "\n"
    assert block.endswith("\n")
    mine = 0
    for line in block[:-1].split("\n"):
        dash, signer, blob = line.split(" ")
        blob = decoded(blob)
        assert dash == "\u2014"
        if signer == name and blob[:4].hex() == key_hash:
            verify(key[1:], text.encode(), blob[4:])
            mine += 1
    assert mine == 1
    origin, size, root, end = text.split("\n")
    assert origin == name and end == "" and str(int(size)) == size
    root = decoded(root)
    assert len(root) == 32
    return int(size), root


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_over(leaves):
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root_over(leaves[:left]), root_over(leaves[left:]))


def root_of(index, size, leaf, path):
    """The root that an audit path leads to, by section 2.1.1."""
    if size == 1:
        assert not path
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return node(root_of(index, left, leaf, path[:-1]), path[-1])
    return node(path[-1], root_of(index - left, size - left, leaf, path[:-1]))


def index_path(index):
    groups = []
    while True:
        groups.insert(0, ("x" if groups else "") + "%03d" % (index % 1000))
        index //= 1000
        if not index:
            return "/".join(groups)


class Log:
    def __init__(self, given):
        self.given, self.kept = given, {}

    def fetch(self, path):
        if path not in self.kept:
            found = []
            if "directory" in self.given:
                with open(os.path.join(self.given["directory"], path), "rb") as file:
                    found.append(file.read())
            if "url" in self.given:
                found.append(self.request(path, {}))
                zipped = self.request(path, {"Accept-Encoding": "gzip"})
                found.append(gzip.decompress(zipped) if zipped[:2] == b"\x1f\x8b" else zipped)
            assert all(other == found[0] for other in found), path + " differs"
            self.kept[path] = found[0]
        return self.kept[path]

    def request(self, path, headers):
        if "bearer" in self.given:
            headers["Authorization"] = "Bearer " + self.given["bearer"]
        with urllib.request.urlopen(urllib.request.Request(self.given["url"] + "/" + path, headers=headers)) as answer:
            return answer.read()

    def row(self, kind, count):
        """The bodies of the tiles of one level, which has that many hashes: full ones, and a partial one."""
        for index in range(count // 256):
            yield self.fetch(f"tile/{kind}/{index_path(index)}"), 256
        if count % 256:
            yield self.fetch(f"tile/{kind}/{index_path(count // 256)}.p/{count % 256}"), count % 256

    def check(self, size, root):
        """The tree of a size: every level from its tiles."""
        below = None
        level = 0
        while size >> 8 * level or level == 0:
            count = size >> 8 * level
            hashes = []
            for body, width in self.row(level, count):
                assert len(body) == 32 * width
                hashes += [body[at : at + 32] for at in range(0, len(body), 32)]
            if below is None:
                assert root_over(hashes) == root
                leaves = hashes
            else:
                assert hashes == [root_over(below[256 * at : 256 * at + 256]) for at in range(count)]
            below = hashes
            level += 1
        return leaves

    def check_entries(self, leaves):
        found = []
        for body, width in self.row("entries", len(leaves)):
            at = 0
            for _ in range(width):
                length = int.from_bytes(body[at : at + 2], "big")
                entry = body[at + 2 : at + 2 + length]
                assert len(entry) == length
                assert json.loads(entry)["position"] == len(found) + 1
                found.append(hashlib.sha256(b"\x00" + entry).digest())
                at += 2 + length
            assert at == len(body)
        assert found == leaves


def check_proof(position, text, vkey, leaves):
    first, index, *lines = text.partition("\n\n")[0].split("\n")
    assert first == "c2sp.org/tlog-proof@v1" and index == f"index {position - 1}"
    size, root = opened(text.partition("\n\n")[2], vkey)
    path = [decoded(line) for line in lines]
    assert root_of(position - 1, size, leaves[position - 1], path) == root


def check(given):
    log = Log(given)
    newest = log.fetch("checkpoint").decode()
    size, root = opened(newest, given["vkey"])
    leaves = log.check(size, root)
    for head in given.get("heads", []):
        older, its_root = opened(head, given["vkey"])
        assert older <= size
        part = log.check(older, its_root)
        assert part == leaves[:older]
        if given.get("entries", True):
            log.check_entries(part)
    if given.get("entries", True):
        log.check_entries(leaves)
    for position, text in given.get("proofs", {}).items():
        check_proof(int(position), text, given["vkey"], leaves)


if __name__ == "__main__":
    try:
        check(json.load(sys.stdin))
    except (AssertionError, OSError, ValueError, IndexError, KeyError) as error:
        print(repr(error), file=sys.stderr)
        sys.exit(1)
