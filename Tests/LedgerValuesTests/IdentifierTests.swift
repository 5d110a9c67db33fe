import LedgerValues
import RandomSupport
import Testing

@Suite("Identifiers, digests and byte order")
struct IdentifierTests {
    @Test(arguments: UInt64(1)...20)
    func `UUID text, bytes and halves round trip`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let id = UniqueID(random: &random)
            let text = id.description
            #expect(text.utf8.count == 36 && text == text.lowercased())
            #expect(Array(text)[14] == "4" && "89ab".contains(Array(text)[19]))
            #expect(UniqueID(text) == id && UniqueID(text.uppercased()) == id)
            let bytes = id.bytes
            let read = UniqueID(bytes: bytes.span)
            #expect(read == id && bytes.count == 16)
            let other = UniqueID(random: &random)
            #expect((id < other) == id.bytes.lexicographicallyPrecedes(other.bytes))
        }
    }

    @Test(
        "Malformed UUIDs are refused",
        arguments: [
            "", "6ba7b8109dad11d180b400c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430c",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c88",
            "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "6ba7b810_9dad-11d1-80b4-00c04fd430c8",
            "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        ])
    func malformedUniqueIDs(text: String) {
        #expect(UniqueID(text) == nil)
    }

    @Test func `a known UUID`() {
        let id = UniqueID(high: 0x6ba7_b810_9dad_11d1, low: 0x80b4_00c0_4fd4_30c8)
        #expect(id.description == "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        let short: [UInt8] = [1, 2, 3]
        let read = UniqueID(bytes: short.span)
        #expect(read == nil)
    }

    @Test(arguments: UInt64(1)...20)
    func `digests round trip through bytes and hexadecimal`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        let digest = Digest32(bytes)
        let read = Digest32(bytes: bytes.span)
        #expect(digest.bytes == bytes && read == digest)
        #expect(Digest32(hex: digest.description) == digest && digest.description.utf8.count == 64)
        var out: [UInt8] = [9]
        digest.append(to: &out)
        #expect(out == [9] + bytes)
        var other = bytes
        other[Int.random(in: 0..<32, using: &random)] ^= 1
        #expect(Digest32(other) != digest)
        let short = Digest32(bytes: bytes.span.extracting(droppingLast: 1))
        #expect(short == nil)
        #expect(Digest32(hex: String(digest.description.dropLast())) == nil)
        #expect(Digest32(hex: digest.description.dropLast() + "g") == nil)
    }

    @Test func `keys are their bytes: canonically equivalent strings differ`() {
        let composed = "caf\u{e9}"
        let decomposed = "cafe\u{301}"
        #expect(composed == decomposed)
        #expect(ByteKey(composed) != ByteKey(decomposed) && !composed.isBytewiseEqual(to: decomposed))
        #expect(Set([ByteKey(composed), ByteKey(decomposed), ByteKey("caf\u{e9}")]).count == 2)
        #expect(ByteKey(decomposed) < ByteKey(composed))
        #expect(("" as ByteKey) < "a" && !(("a" as ByteKey) < "a"))
    }

    @Test(arguments: UInt64(1)...20)
    func `order is that of the UTF-8 bytes`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet: [Character] = ["a", "b", "é", "\u{ffff}", "\u{e000}", "😀", "\u{0}"]
        for _ in 0..<200 {
            let (a, b) = (random.text(of: alphabet), random.text(of: alphabet))
            #expect(a.isBytewiseLess(than: b) == Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8)))
            #expect(a.isBytewiseEqual(to: b) == (Array(a.utf8) == Array(b.utf8)))
            #expect((ByteKey(a) == ByteKey(b)) == (Array(a.utf8) == Array(b.utf8)))
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func text(of alphabet: [Character]) -> String {
        let prefix = Bool.random(using: &self) ? "a common prefix of text " : ""
        return prefix
            + String((0..<Int.random(in: 0...4, using: &self)).compactMap { _ in alphabet.randomElement(using: &self) })
    }
}
