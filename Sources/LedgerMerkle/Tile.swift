/// A tile of a log's tree (C2SP `tlog-tiles`): up to 256 consecutive hashes of one level.
///
/// Hash *i* of a tile is the root of the leaves [(256 · index + i) · 256^level, (256 · index + i + 1) · 256^level).
public struct Tile: Sendable, Hashable {
    /// The number of hashes of a full tile.
    public static let fullWidth = 256
    /// 256^8 leaves are more than a log's size can express.
    public static let maximumLevel = 7

    public let level: Int
    /// The place among the tiles of the level, from 0.
    public let index: Int64
    /// The number of hashes, 1 to 256. A narrower tile than a full one is partial.
    public let width: Int
    /// The size of the smallest tree that has all hashes of the tile.
    public let requiredSize: Int64

    /// Nil for a level, an index or a width that no tile of any log has.
    public init?(level: Int, index: Int64, width: Int = fullWidth) {
        guard 0...Self.maximumLevel ~= level, 1...Self.fullWidth ~= width else { return nil }
        let limit = Int64.max >> Int64(8 * level)
        guard index >= 0, limit >= Int64(width), index <= (limit - Int64(width)) / Int64(Self.fullWidth) else { return nil }
        self.level = level
        self.index = index
        self.width = width
        requiredSize = (index * Int64(Self.fullWidth) + Int64(width)) << Int64(8 * level)
    }

    /// The partial tile at a level of a tree; nil if all tiles of the level are full.
    public init?(partialAt level: Int, size: Int64) {
        guard 0...Self.maximumLevel ~= level, size >= 0 else { return nil }
        let nodes = size >> Int64(8 * level)
        self.init(level: level, index: nodes / Int64(Self.fullWidth), width: Int(nodes % Int64(Self.fullWidth)))
    }

    public var isFull: Bool { width == Self.fullWidth }

    /// The places of the tile's hashes among the nodes of the tree's level 8 · `level`.
    public var nodes: Range<Int64> {
        let first = index * Int64(Self.fullWidth)
        return first..<(first + Int64(width))
    }

    /// `<N>` or `<N>.p/<W>`: the index in groups of three digits, `x001/x234/067` for 1234067.
    public var indexPath: String {
        var rest = index
        var groups: [String] = []
        repeat {
            let digits = String(rest % 1000)
            groups.append((groups.isEmpty ? "" : "x") + String(repeating: "0", count: 3 - digits.utf8.count) + digits)
            rest /= 1000
        } while rest > 0
        return groups.reversed().joined(separator: "/") + (isFull ? "" : ".p/\(width)")
    }
}

/// What a path below `tile/` names: hashes of the tree, or the entries behind the hashes of level 0.
public enum TileResource: Sendable, Hashable {
    case hashes(Tile)
    /// The bundle of the leaves of a tile of level 0.
    case entries(Tile)

    public var tile: Tile {
        switch self {
        case .hashes(let tile), .entries(let tile): tile
        }
    }

    /// The path below `tile/`.
    public var path: String {
        switch self {
        case .hashes(let tile): "\(tile.level)/\(tile.indexPath)"
        case .entries(let tile): "entries/\(tile.indexPath)"
        }
    }

    /// Reads a path below `tile/`. Only the exact text of ``path`` is one: nil for any other spelling.
    public init?(path: String) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return nil }
        let kind = parts.removeFirst()
        var width = Tile.fullWidth
        if parts.count >= 2, parts[parts.count - 2].hasSuffix(".p") {
            guard let digits = Int(parts.removeLast()), digits < Tile.fullWidth else { return nil }
            width = digits
            parts[parts.count - 1].removeLast(2)
        }
        var index: Int64 = 0
        for (place, part) in parts.enumerated() {
            guard let group = Int64(place == parts.count - 1 ? part : part.dropFirst()), 0..<1000 ~= group else { return nil }
            let (product, isBeyond) = index.multipliedReportingOverflow(by: 1000)
            guard !isBeyond, product <= .max - group else { return nil }
            index = product + group
        }
        let isEntries = kind == "entries"
        guard let level = isEntries ? 0 : Int(kind), let tile = Tile(level: level, index: index, width: width) else { return nil }
        self = isEntries ? .entries(tile) : .hashes(tile)
        guard Array(self.path.utf8) == Array(path.utf8) else { return nil }
    }
}

/// The sizes of the trees that a log published. They determine which tiles there are.
///
/// Memory: 8 bytes a size.
public struct PublishedSizes: Sendable, Equatable {
    /// Ascending, each once.
    private var sizes: [Int64] = []

    public init() {}

    public var largest: Int64? { sizes.last }

    /// Adds a size. Constant work for the largest so far, else linear in the larger ones.
    public mutating func insert(_ size: Int64) {
        precondition(size >= 0, "a tree has no negative size")
        let place = firstPlace(of: size)
        if place < sizes.count, sizes[place] == size { return }
        sizes.insert(size, at: place)
    }

    /// Whether the tile is one of a published tree. A full tile is one of every tree that is large enough; a partial one
    /// needs a tree whose level ends with just its last hash.
    public func has(_ tile: Tile) -> Bool {
        guard let largest else { return false }
        if tile.isFull { return tile.requiredSize <= largest }
        let place = firstPlace(of: tile.requiredSize)
        return place < sizes.count && sizes[place] >> Int64(8 * tile.level) == tile.nodes.upperBound
    }

    /// Calls `body` with each tile of the published trees up to a size, once: the full ones first, level by level.
    public func forEachTile(upTo limit: Int64, _ body: (Tile) throws -> Void) rethrows {
        let sizes = sizes.prefix { $0 <= limit }
        guard let last = sizes.last else { return }
        for level in 0...Tile.maximumLevel {
            for index in 0..<(last >> Int64(8 * level) / Int64(Tile.fullWidth)) {
                if let tile = Tile(level: level, index: index) { try body(tile) }
            }
        }
        for level in 0...Tile.maximumLevel {
            // Sizes ascend, so equal tiles follow one another.
            var previous: Tile?
            for size in sizes {
                guard let tile = Tile(partialAt: level, size: size), tile != previous else { continue }
                try body(tile)
                previous = tile
            }
        }
    }

    /// The place of the first size that is not below one.
    private func firstPlace(of size: Int64) -> Int {
        if let largest, largest < size { return sizes.count }
        var (low, high) = (0, sizes.count)
        while low < high {
            let middle = (low + high) / 2
            if sizes[middle] < size { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
