import LedgerPostgres
import LedgerStore

/// What an error of the log or of its database means to whoever asked.
package struct LedgerFailure: Sendable {
    package enum Kind: Sendable {
        /// The log does not have the position.
        case positionUnknown
        /// A projection has not folded up to the position.
        case projectionBehind
        /// What was asked contradicts what the ledger holds, or what another process does.
        case conflict
        /// A reference names no version of a projection, or several.
        case versionUnknown
        /// The database's clock is behind the log; appends wait.
        case clockRegressed
        /// The database's schema is not this program's.
        case otherSchema
        /// The server may lose what it acknowledges.
        case unsafeServer
        /// The database can't be reached.
        case unreachable
        /// The task was cancelled.
        case cancelled
    }

    package let kind: Kind
    /// The error in its own words. Those of Postgres are for an operator.
    package let reason: String

    /// Nil for an error that says nothing to whoever asked, such as damage.
    package init?(_ error: any Error) {
        let kind: Kind? =
            switch error {
            case let error as LedgerError: Kind(error)
            case let error as PostgresError: Kind(error)
            default: nil
            }
        guard let kind else { return nil }
        self.kind = kind
        reason = "\(error)"
    }
}

extension LedgerFailure.Kind {
    fileprivate init?(_ error: LedgerError) {
        switch error {
        case .positionUnknown, .positionBeyondSize: self = .positionUnknown
        case .projectionBehind: self = .projectionBehind
        case .identityConflict, .versionConflict, .versionHeld, .versionInUse, .viewInUse, .versionStopped, .historyReplaced,
            .leafTooLarge:
            self = .conflict
        case .versionUnknown: self = .versionUnknown
        case .clockRegressed: self = .clockRegressed
        case .notMigrated, .schemaChanged, .schemasInUse: self = .otherSchema
        case .unsafeServer: self = .unsafeServer
        case .schemaViolation, .fileChanged, .corrupt, .leaseLost, .unsafePartitions: return nil
        }
    }

    fileprivate init?(_ error: PostgresError) {
        if error.isUnreachable || error.isConnectionFailure || error.isAuthenticationFailure || error.isUnknownDatabase {
            self = .unreachable
        } else if error.sqlState == .ledgerSchemaChanged {
            self = .otherSchema
        } else if error.isCancelled {
            self = .cancelled
        } else {
            return nil
        }
    }
}
