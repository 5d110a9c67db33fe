import LedgerMerkle
import Testing

@Suite struct TileTests {
    @Test func `a tile's path is that of the specification's examples`() throws {
        #expect(try #require(Tile(level: 2, index: 1_234_067)).indexPath == "x001/x234/067")
        #expect(try #require(Tile(level: 0, index: 0, width: 112)).indexPath == "000.p/112")
        #expect(try #require(Tile(level: 0, index: 999)).indexPath == "999")
        #expect(try #require(Tile(level: 0, index: 1000)).indexPath == "x001/000")
        // The largest place of all: 2^63 leaves are beyond every log.
        let last = try #require(Tile(level: 0, index: Int64.max / 256 - 1))
        #expect(last.indexPath == "x036/x028/x797/x018/x963/966" && last.requiredSize == Int64.max / 256 * 256)
        #expect(Tile(level: 0, index: Int64.max / 256 + 1) == nil && Tile(level: 7, index: 0, width: 128) == nil)
        #expect(Tile(level: 7, index: 0, width: 127) != nil && Tile(level: 8, index: 0) == nil)
    }

    @Test func `every path comes back as what it names, and no other spelling of it is read`() throws {
        for level in [0, 1, 3, 7] {
            for index in [0, 1, 9, 99, 999, 1000, 67_123, 1_234_067, 123_456_789_012] as [Int64] {
                for width in [1, 9, 127, 255, 256] {
                    guard let tile = Tile(level: level, index: index, width: width) else { continue }
                    #expect(TileResource(path: TileResource.hashes(tile).path) == .hashes(tile))
                    guard level == 0 else { continue }
                    #expect(TileResource(path: TileResource.entries(tile).path) == .entries(tile))
                }
            }
        }
        for path in [
            "", "0", "0/", "/000", "0/0", "0/00", "0/0000", "00/000", "+0/000", "-1/000", "8/000", "64/000", "a/000", "0/x000/001",
            "0/001/000", "0/y001/000", "0/x001/x000", "0/000/", "0/000.p", "0/000.p/", "0/000.p/0", "0/000.p/256", "0/000.p/01",
            "0/000.p/+1", "0/000.P/1", "0/000/.p/1", "0/-01", "0/+01", "0/x+01/000", "0/ 00", "0/\u{661}00", "entries", "entries/0",
            "entries/000.p/256", "Entries/000", "entries/0/000", "0/x001/x234/067/", "0/x999/x999/x999/x999/x999/x999/999",
            "0/../000", "0/%30%30%30", "0/000?x", "7/000.p/128",
        ] {
            #expect(TileResource(path: path) == nil, "\(path)")
        }
    }

    @Test func `a tree of seventy thousand leaves has the tiles that the specification counts`() {
        var sizes = PublishedSizes()
        sizes.insert(70_000)
        var counts: [String: Int] = [:]
        sizes.forEachTile(upTo: 70_000) { tile in counts["\(tile.level) \(tile.isFull ? 256 : tile.width)", default: 0] += 1 }
        #expect(counts == ["0 256": 273, "0 112": 1, "1 256": 1, "1 17": 1, "2 1": 1])
    }

    @Test func `the tiles of published trees are just those that each tree has`() {
        for published in [[0], [1], [255], [256], [257], [1, 255, 256, 257, 600], [600, 3, 70_000, 65_536, 65_535, 65_537]] as [[Int64]] {
            var sizes = PublishedSizes()
            for size in published + published { sizes.insert(size) }
            #expect(sizes.largest == published.max())
            var expected: Set<Tile> = []
            for size in published {
                for level in 0...2 {
                    let nodes = size >> Int64(8 * level)
                    for index in 0..<(nodes / 256) { expected.formUnion([Tile(level: level, index: index)].compactMap { $0 }) }
                    expected.formUnion([Tile(level: level, index: nodes / 256, width: Int(nodes % 256))].compactMap { $0 })
                }
            }
            var listed: [Tile] = []
            sizes.forEachTile(upTo: .max) { listed.append($0) }
            #expect(Set(listed) == expected && listed.count == expected.count, "\(published)")
            for level in 0...2 {
                for index in [0, 1, 2, 255, 256, 273] as [Int64] {
                    for width in 1...256 {
                        guard let tile = Tile(level: level, index: index, width: width) else { continue }
                        #expect(sizes.has(tile) == expected.contains(tile), "\(published) \(tile)")
                    }
                }
            }
        }
        #expect(!PublishedSizes().has(Tile(level: 0, index: 0, width: 1)!))
    }
}
