import LedgerJSON
import Testing

@testable import API

/// Documents of pages, parsed once as long as an address has the same bytes.
@Suite struct DocumentCacheTests {
    private func body(_ word: String, bytes: Int) -> [UInt8] {
        Array("{\"text\":\"\(word)\",\"filler\":\"\(String(repeating: "x", count: bytes))\"}".utf8)
    }

    @Test func `a document is that of its bytes, whatever the address had before`() throws {
        let cache = DocumentCache(maximumBytes: 1 << 20)
        for size in [10, 20_000, 200_000, 2_000_000] {
            for word in ["one", "one", "two", "one"] {
                let bytes = body(word, bytes: size)
                let found = try cache.document(of: "/api/\(size)", bytes)
                #expect(found.bytes == bytes && found.root["text"]?.string == word)
            }
        }
        #expect(throws: JSONError.self) { try cache.document(of: "/api/20000", Array(body("one", bytes: 20_000).dropLast())) }
    }

    @Test func `many documents make room for each other`() throws {
        let cache = DocumentCache(maximumBytes: 100_000)
        for round in 0..<3 {
            for number in 0..<20 {
                let bytes = body("\(number * (round + 1))", bytes: 20_000)
                #expect(try cache.document(of: "/api/\(number)", bytes).root["text"]?.string == "\(number * (round + 1))")
            }
        }
    }
}
