/// The origin of a version of a row or of an entity's facts: the position that made it, and whether its key had no
/// version just before. It takes eight bytes, because a rebuild keeps one for each entity.
public struct VersionOrigin: Sendable, Equatable {
    /// The position, negative for a first version.
    private let signed: Int64

    public init(at position: Int64, isFirst: Bool) {
        signed = isFirst ? -position : position
    }

    public var position: Int64 { abs(signed) }

    /// True for the first version of a key, and for the first one after the key's row was removed.
    public var isFirst: Bool { signed < 0 }
}
