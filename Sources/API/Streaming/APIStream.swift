public import NIOCore

/// A body that is produced while it is sent.
public struct APIStream: Sendable {
    /// The next piece, nil at the end. Other streams may share its bytes.
    public let next: @Sendable () async throws -> ByteBuffer?
    /// Makes `next` end soon and releases the stream's resources. It may be called more than once.
    public let end: @Sendable () async -> Void
}
