/// A body that is made while it is sent.
public struct APIStream: Sendable {
    /// The next piece; nil at the end.
    public let next: @Sendable () async throws -> [UInt8]?
    /// Makes `next` end soon, and gives back what the stream holds; may come more than once.
    public let end: @Sendable () async -> Void
}
