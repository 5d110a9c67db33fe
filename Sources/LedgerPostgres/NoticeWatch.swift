import CLedgerLibPQ
import Glibc

/// Watches for the one notice that changes the meaning of a COMMIT; all other notices are ignored.
///
/// If the wait of a COMMIT for the synchronous standbys is cancelled, the COMMIT succeeds. Only a warning tells that the
/// transaction may not outlast a failover.
final class NoticeWatch {
    private var hasSeen = false

    /// The name of the server function that warns; it is not translated.
    private static let source = "SyncRepWaitForLSN"
    /// The protocol's letter for the source function.
    private static let sourceField = Int32(UInt8(ascii: "R"))

    /// Receives the connection's notices from now on. The watch must live as long as the connection.
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
    /// Throws `isCommitOutcomeUnknown` if the last COMMIT did not wait for its synchronous standbys.
    func checkReplicated() throws(PostgresError) {
        if notices.take() { throw PostgresError(.notReplicated, "a COMMIT did not wait for its synchronous standbys") }
    }
}
