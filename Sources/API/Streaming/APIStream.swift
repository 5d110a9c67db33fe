package import NIOCore

/// A body that is produced while it is sent.
package struct APIStream: Sendable {
    /// The next piece, nil at the end. Other streams may share its bytes.
    package let next: @Sendable () async throws -> ByteBuffer?
    /// Makes `next` end soon and releases the stream's resources. It may be called more than once.
    package let end: @Sendable () async -> Void
}
