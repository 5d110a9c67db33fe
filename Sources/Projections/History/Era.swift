/// When a key came into being, by orders of magnitude: how many octal digits the position of its first version has.
///
/// First versions are indexed by era and key. The keys that existed at a position are those of all eras before the
/// position's own, and of its own, which has seven times the positions of all before it, those that are not younger. So
/// a page takes a few keys in order from each era, whatever has come since; an index of keys alone would have to step
/// over all of that.
public struct Era: Sendable {
    public let number: Int16

    /// That of a position.
    public init(of position: Int64) {
        number = Int16((Int64.bitWidth - position.leadingZeroBitCount + 2) / 3)
    }

    /// That of a version; nil unless its key has none before.
    public init?(of origin: VersionOrigin) {
        guard origin.isFirst else { return nil }
        self.init(of: origin.position)
    }

    /// The eras in which the keys that exist at a position have come.
    public static func all(upTo position: Int64) -> ClosedRange<Int16> { 0...Era(of: position).number }
}
