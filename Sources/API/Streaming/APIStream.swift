public import NIOCore

/// A body that is made while it is sent.
public struct APIStream: Sendable {
    /// The next piece, whose bytes other streams may share; nil at the end.
    public let next: @Sendable () async throws -> ByteBuffer?
    /// Makes `next` end soon, and gives back what the stream holds; may come more than once.
    public let end: @Sendable () async -> Void
}
