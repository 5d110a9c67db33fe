"""Checks a checkpoint, an inclusion proof and a consistency proof with nothing of ours.

Standard input: {"vkey", "checkpoint", "older", "inclusion", "consistency"}; exits 0 where all hold, 1 where one does
not, 77 where the Ed25519 library is missing.
"""
import base64, hashlib, json, sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.exit(77)


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def opened(note, vkey):
    """The size and root of a checkpoint that the key signed."""
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
    origin, size, root, end = text.split("\n")
    assert origin == name and end == ""
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


def check(given):
    size, root = opened(given["checkpoint"], given["vkey"])
    old_size, old_root = opened(given["older"], given["vkey"])
    proof = given["inclusion"]
    assert proof["size"] == size
    leaf = bytes.fromhex(proof["leaf_hash"])
    assert root_of(proof["position"] - 1, size, leaf, [bytes.fromhex(h) for h in proof["path"]]) == root
    proof = given["consistency"]
    assert (proof["from"], proof["to"]) == (old_size, size)
    path = [bytes.fromhex(h) for h in proof["path"]]
    assert roots_of(old_size, size, path, True, old_root) == (old_root, root)


try:
    check(json.load(sys.stdin))
except (AssertionError, InvalidSignature, ValueError, IndexError, KeyError) as error:
    print(repr(error), file=sys.stderr)
    sys.exit(1)
