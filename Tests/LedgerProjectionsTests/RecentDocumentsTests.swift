import TestSupport
import Testing

@testable import LedgerProjections

@Suite("The documents that were made last")
struct RecentDocumentsTests {
    @Test(arguments: 0..<50)
    func `what is still held is what was kept, and the room is used before anything is forgotten`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let room = Int.random(in: 0...200, using: &random)
        let recent = RecentDocuments(byteCount: room)
        var kept: [(address: Int, bytes: [UInt8])] = []
        for number in 0..<200 {
            let bytes = [UInt8](repeating: UInt8(number), count: Int.random(in: 0...40, using: &random))
            let address = bytes.withUnsafeBufferPointer { recent.keep($0) }
            #expect((address == nil) == (bytes.count > room))
            if let address { kept.append((address, bytes)) }
            var held = 0
            for document in kept where recent.holds(document.address) {
                held += document.bytes.count
                #expect(recent.withBytes(at: document.address, count: document.bytes.count) { Array($0) } == document.bytes)
            }
            #expect(held <= room)
            // At most the gap at the end of a round and the document that no longer fits are missing.
            let all = kept.reduce(0) { $0 + $1.bytes.count }
            #expect(held > min(all, room) - 80 - 1)
            // What is older is never held longer.
            let flags = kept.map { recent.holds($0.address) }
            #expect(flags == flags.sorted { !$0 && $1 })
        }
    }
}
