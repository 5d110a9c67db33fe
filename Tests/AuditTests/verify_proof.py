"""Checks checkpoints, proofs and bundles with nothing of ours.

Standard input: {"vkey", …} with {"checkpoint", "older", "inclusion", "consistency"}: two heads, a proof that an event is
in the log, and one that the log only grew; with {"bundle"}: the directory of an exported bundle, whose signature, files,
leaves and root are worked out again; with {"row"} too: a row's proof, whose tree must be the bundle's. Exits 0 where all
hold, 1 where one does not, 77 where the Ed25519 library is missing.
"""
import base64, hashlib, json, os, sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.exit(77)


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def opened(note, vkey, extensions=()):
    """The size and root of a checkpoint that the key signed, which says just these extension lines."""
    name, key_hash, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    assert key[0] == 1 and len(key) == 33
    expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    assert expected.hex() == key_hash
    text, _, signature = note.rpartition("\n\n")
    text += "\n"
    dash, signer, blob = signature.removesuffix("\n").split(" ")
    assert (dash, signer) == ("\u2014", name)
    blob = base64.b64decode(blob, validate=True)
    assert blob[:4] == expected
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(blob[4:], text.encode())
    origin, size, root, *more, end = text.split("\n")
    assert origin == name and end == "" and tuple(more) == tuple(extensions)
    return int(size), base64.b64decode(root, validate=True)


def split(count):
    """The largest power of two below count."""
    return 1 << (count - 1).bit_length() - 1


def root_of(index, size, leaf, path):
    """The root that an audit path leads to, by the recursive definition of RFC 6962 section 2.1.1."""
    if size == 1:
        assert not path
        return leaf
    left = split(size)
    if index < left:
        return node(root_of(index, left, leaf, path[:-1]), path[-1])
    return node(path[-1], root_of(index - left, size - left, leaf, path[:-1]))


def roots_of(old, new, path, is_whole, old_root):
    """The old and new root that a consistency proof leads to, by section 2.1.2's SUBPROOF."""
    if old == new:
        if is_whole:
            assert not path
            return old_root, old_root
        assert len(path) == 1
        return path[0], path[0]
    left = split(new)
    if old <= left:
        first, second = roots_of(old, left, path[:-1], is_whole, old_root)
        return first, node(second, path[-1])
    first, second = roots_of(old - left, new - left, path[:-1], False, old_root)
    return node(path[-1], first), node(path[-1], second)


def leaf(data):
    return hashlib.sha256(b"\x00" + data).digest()


def root_over(leaves):
    """MTH of section 2.1, by its definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    left = split(len(leaves))
    return node(root_over(leaves[:left]), root_over(leaves[left:]))


def content(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def check_bundle(directory, vkey):
    """A bundle's signature, files, leaves, root and digests; its manifest."""
    manifest = json.loads(content(directory, "manifest.json"))
    named = {entry["path"] for entry in manifest["files"]}
    present = {
        os.path.relpath(os.path.join(folder, name), directory) for folder, _, names in os.walk(directory) for name in names
    }
    assert present == named | {"manifest.json", "checkpoint"}
    for entry in manifest["files"]:
        data = content(directory, entry["path"])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])
    digest = hashlib.sha256(content(directory, "manifest.json")).hexdigest()
    note = content(directory, "checkpoint").decode()
    size, root = opened(note, vkey, [f"alpha-ledger/manifest sha256:{digest}"])
    assert size == manifest["position"] and root.hex() == manifest["root_hash"]
    leaves = []
    for line in content(directory, "events.ndjson").splitlines():
        event = json.loads(line)
        assert event["position"] == len(leaves) + 1
        # Without its hash a line is the leaf itself.
        leaves.append(leaf(line.replace(b'"leaf_hash":"%s",' % event["leaf_hash"].encode(), b"", 1)))
        assert leaves[-1].hex() == event["leaf_hash"]
    assert len(leaves) == size and root_over(leaves) == root
    for view in manifest["views"]:
        columns = json.loads(content(directory, "projections", view["projection"], "columns.json"))["columns"]
        lines = []
        for row in content(directory, "views", view["projection"] + ".ndjson").splitlines():
            digested = {name: value for name, value in json.loads(row).items() if columns[name]["digested"]}
            lines.append(json.dumps(digested, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        assert hashlib.sha256(b"".join(lines)).hexdigest() == view["digest"]
        assert len(lines) == view["rows"] and root_over([leaf(line) for line in lines]).hex() == view["rows_root_hash"]
    return manifest


def check_row(proof, manifest, vkey):
    """A row's proof: its tree is signed with the head, and is the bundle's."""
    view = next(view for view in manifest["views"] if view["projection"] == proof["projection"])
    assert proof["rows_root_hash"] == view["rows_root_hash"]
    name = f'{proof["projection"]} {proof["version"]} c{proof["code_version"]}'
    said = f'alpha-ledger/rows {name} {proof["rows"]} sha256:{proof["rows_root_hash"]}'
    size, root = opened(proof["checkpoint"], vkey, [said])
    assert size == proof["position"] == manifest["position"] and root.hex() == manifest["root_hash"]
    start = leaf(proof["row"].encode() + b"\n")
    assert start.hex() == proof["leaf_hash"]
    path = [bytes.fromhex(h) for h in proof["path"]]
    assert root_of(proof["index"], proof["rows"], start, path).hex() == proof["rows_root_hash"]


def check_heads(given):
    size, root = opened(given["checkpoint"], given["vkey"])
    old_size, old_root = opened(given["older"], given["vkey"])
    proof = given["inclusion"]
    assert proof["size"] == size
    start = bytes.fromhex(proof["leaf_hash"])
    assert root_of(proof["position"] - 1, size, start, [bytes.fromhex(h) for h in proof["path"]]) == root
    proof = given["consistency"]
    assert (proof["from"], proof["to"]) == (old_size, size)
    path = [bytes.fromhex(h) for h in proof["path"]]
    assert roots_of(old_size, size, path, True, old_root) == (old_root, root)


def check(given):
    if "bundle" not in given:
        return check_heads(given)
    manifest = check_bundle(given["bundle"], given["vkey"])
    if "row" in given:
        check_row(given["row"], manifest, given["vkey"])


try:
    check(json.load(sys.stdin))
except (AssertionError, InvalidSignature, OSError, StopIteration, ValueError, IndexError, KeyError) as error:
    print(repr(error), file=sys.stderr)
    sys.exit(1)
