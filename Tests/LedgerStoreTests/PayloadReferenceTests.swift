import LedgerEvents
import LedgerJSON
import LedgerValues
import Testing

@testable import LedgerStore

/// What the log has instead of the payload of a detached event.
@Suite struct PayloadReferenceTests {
    private func parsed(_ text: String) -> PayloadReference? {
        Array(text.utf8).withUnsafeBytes { PayloadReference($0) }
    }

    @Test func `a reference reads as itself, and nothing else is one`() throws {
        let hash = Digest32(sha256Of: [1, 2, 3])
        let reference = PayloadReference(position: 16_777_216, leafHash: hash)
        #expect(reference.text == "@16777216:\(hash)" && parsed(reference.text) == reference)
        for text in [
            "", "@", "@1", "@1:", "@:\(hash)", "1:\(hash)", "@01:\(hash)", "@+1:\(hash)", "@1:\(hash) ", "@1:\(hash):", "@ 1:\(hash)",
            "@1:\("\(hash)".uppercased())", "@1:\("\(hash)".dropLast())", "@9223372036854775808:\(hash)", "{}",
        ] { #expect(parsed(text) == nil, "\(text)") }
    }

    @Test func `no reader of JSON takes a reference for a payload`() {
        let text = PayloadReference(position: 1, leafHash: Digest32(sha256Of: [])).text
        #expect(throws: JSONError.self) { try JSONDocument(parsing: Array(text.utf8)) }
    }

    @Test func `a bundle has 256 leaves and nothing after them`() throws {
        let leaves = (0..<256).map { [UInt8](repeating: UInt8($0), count: $0 * 3) }
        let bytes = leaves.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 255)] + $0 }
        let bundle = try #require(EntryBundle(bytes))
        #expect((0..<256).allSatisfy { bundle.leaf($0) == leaves[$0] })
        #expect(EntryBundle([]) == nil && EntryBundle(Array(bytes.dropLast())) == nil && EntryBundle(bytes + [0, 0]) == nil)
        #expect(EntryBundle(bytes + [0]) == nil && EntryBundle(Array(bytes.dropLast(2 + 255 * 3))) == nil)
    }
}
