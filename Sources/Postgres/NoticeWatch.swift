import CLibPQ
import Glibc

/// Looks out for the one notice that changes what a COMMIT means; all others are passed over.
///
/// A COMMIT whose wait for the synchronous standbys is cancelled succeeds: only a warning tells that the transaction may not
/// outlast a failover.
final class NoticeWatch {
    private var hasSeen = false

    /// The server's function that warns, which is not translated.
    private static let source = "SyncRepWaitForLSN"
    /// The protocol's letter for it.
    private static let sourceField = Int32(UInt8(ascii: "R"))

    /// Hears the connection's notices from now on. The watch must live as long as the connection.
    func watch(_ connection: OpaquePointer) {
        PQsetNoticeReceiver(
            connection,
            { watch, result in
                guard let watch, let function = PQresultErrorField(result, NoticeWatch.sourceField),
                    strcmp(function, NoticeWatch.source) == 0
                else { return }
                Unmanaged<NoticeWatch>.fromOpaque(watch).takeUnretainedValue().hasSeen = true
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Whether the warning has come since the last call.
    func take() -> Bool {
        defer { hasSeen = false }
        return hasSeen
    }
}

extension PostgresSession {
    /// Throws `isCommitOutcomeUnknown` if what was just committed was not waited for.
    func checkReplicated() throws(PostgresError) {
        if notices.take() { throw PostgresError(.notReplicated, "a COMMIT did not wait for its synchronous standbys") }
    }
}
