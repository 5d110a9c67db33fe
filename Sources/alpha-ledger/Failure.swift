import API
import ArgumentParser
import EmbeddedPostgres
import LedgerPostgres
import LedgerProjections
import LedgerRules
import LedgerStore
import LedgerValues
import LedgerWitness
import Operations
import OptionTrades

/// What a failed command says, and its exit code (docs/contract/command-line.md, "Exit codes").
struct Failure: Error {
    let code: Int32
    let message: String

    init(code: Int32, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Nil for the argument parser's own errors: help, version and bad usage.
    init?(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let problem as SettingProblem: self.init(code: 2, "\(problem)")
        case let error as ResourcesError: self.init(code: 2, "\(error)")
        case let error as RuleError: self.init(code: 2, "\(error)")
        case let error as ProjectionFilesError: self.init(code: 2, "\(error)")
        case let error as ViewError:
            switch error {
            case .badParameter(let name, let expected):
                self.init(code: 2, "--\(name.replacing("_", with: "-")): expected \(expected)")
            case .badCursor: self.init(code: 2, "--\(error)")
            case .notActivated, .rulesUnavailable, .unknownTrade, .foldTooLarge, .asOfUndecided: self.init(code: 1, "\(error)")
            }
        case let error as ExplainError:
            let isUsage = if case .badParameter = error { true } else { false }
            self.init(code: isUsage ? 2 : 1, "\(error)")
        case let error as CaptureError: self.init(error)
        case let error as BackupError: self.init(code: error.exitCode, "\(error)")
        case let error as VersionError: self.init(code: error.isUsage ? 2 : 3, "\(error)")
        case let error as DiffThresholdError: self.init(code: 2, "--fail-on: \(error)")
        case let error as SyncError:
            switch error {
            case .alreadyRunning: self.init(code: 3, "\(error)")
            case .badOptions(let problem): self.init(code: 2, problem)
            case .source(let failure):
                let code: Int32 =
                    switch failure.kind {
                    case .notConfigured: 2
                    case .unreachable, .timedOut: 4
                    case .contract: 1
                    }
                self.init(code: code, "\(failure)")
            }
        case let error as LedgerError:
            switch error {
            case .identityConflict, .versionConflict: self.init(code: 3, "\(error)")
            case .versionHeld, .versionInUse, .viewInUse, .historyReplaced: self.init(code: 3, "\(error)")
            case .positionUnknown, .positionBeyondSize, .versionUnknown: self.init(code: 2, "\(error)")
            case .notMigrated: self.init(code: 2, "\(error); run `alpha-ledger db migrate`")
            case .fileChanged, .schemaChanged, .schemasInUse, .unsafeServer, .unsafePartitions: self.init(code: 2, "\(error)")
            default: self.init(code: 1, "\(error)")
            }
        case let error as PostgresError:
            let isConfiguration =
                error.sqlState == .ledgerSchemaChanged || error.isInvalidConfiguration || error.isAuthenticationFailure
                || error.isUnknownDatabase
            self.init(
                code: isConfiguration ? 2 : error.isUnreachable || error.isConnectionFailure || error.isServerTooOld ? 4 : 1, "\(error)")
        case let error as PartitionError:
            let isDamage = if case .differs = error { true } else { false }
            self.init(code: isDamage ? 1 : 3, "\(error)")
        case let error as ArchiveError: self.init(code: 1, "\(error)")
        case let error as PolicyError: self.init(code: 2, "\(error)")
        case let error as WitnessError: self.init(code: 2, "\(error)")
        case let error as AuditorLoginError: self.init(code: 2, "\(error)")
        case let error as LedgerService.Failure: self.init(code: 1, "\(error)")
        case let error as EmbeddedPostgresError:
            self.init(code: error.isConfigurationProblem ? 2 : 4, "\(error)")
        case is CancellationError: self.init(code: 1, "cancelled")
        case is CleanExit, is ExitCode, is ValidationError: return nil
        default:
            // The parser's own errors are not public types. All of this program's errors are handled above.
            if AlphaLedger.exitCode(for: error) != .failure { return nil }
            self.init(code: 1, "\(error)")
        }
    }
}
