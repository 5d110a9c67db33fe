/// The era of a key: the number of octal digits of the position of its first version.
///
/// First versions are indexed by era and key. The keys that existed at a position are those of all earlier eras, and
/// those of the position's own era that are not younger; an era has seven times the positions of all earlier eras
/// together. A page therefore takes a few keys in order from each era, however many keys came later. An index of keys
/// alone would have to step over all later keys.
public struct Era: Sendable {
    public let number: Int16

    /// The era of a position.
    public init(of position: Int64) {
        number = Int16((Int64.bitWidth - position.leadingZeroBitCount + 2) / 3)
    }

    /// The era of a version, or nil if the version is not the first of its key.
    public init?(of origin: VersionOrigin) {
        guard origin.isFirst else { return nil }
        self.init(of: origin.position)
    }

    /// The eras of the keys that exist at a position.
    public static func all(upTo position: Int64) -> ClosedRange<Int16> { 0...Era(of: position).number }
}
