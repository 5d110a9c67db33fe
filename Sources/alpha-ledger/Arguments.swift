import ArgumentParser
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades

/// Reads arguments that several commands share. Errors thrown here are bad usage: the parser names the flag and the text.
enum Arguments {
    /// A position of the log. 0 is before its first event.
    static func position(_ text: String) throws -> Int64 {
        guard let value = Int64(text), value >= 0, !text.hasPrefix("+") else { throw ValidationError("expected a position, 0 or more") }
        return value
    }

    /// A range of positions, FIRST-LAST.
    static func range(_ text: String) throws -> ClosedRange<Int64> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let first = try? position(parts[0]), let last = try? position(parts[1]), 1 <= first, first <= last else {
            throw ValidationError("expected FIRST-LAST, as in 1-16777216")
        }
        return first...last
    }

    static func instant(_ text: String) throws -> Instant {
        guard let instant = Instant(text.trimmed) else { throw ValidationError("expected \(Instant.expected(insteadOf: text))") }
        return instant
    }

    /// A version of a projection: `v2`, `v2/c3`, `trades@v2` or `trades@v2/c3`.
    static func version(_ text: String, of projection: String) throws -> VersionReference {
        do {
            return try VersionReference(parsing: text, of: View.projection(named: projection))
        } catch {
            throw Failure(code: 2, "\(error)")
        }
    }

    /// A source of executions by its name.
    static func source(_ text: String) throws -> ExecutionSourceDefinition {
        guard let source = Ingestion.executions.named(text) else {
            throw ValidationError("expected one of \(Ingestion.executions.names)")
        }
        return source
    }

    /// A view by its own name or its projection's name.
    static func view(_ text: String) throws -> View {
        guard let view = View.named(text) else { throw ValidationError("expected \(View.expected(insteadOf: text))") }
        return view
    }
}

extension View {
    /// The help text of a filter's flag.
    func help(_ parameter: String) -> ArgumentHelp {
        guard let filter = filter(parameter) else { return "" }
        return ArgumentHelp("\(filter.title)\(filter.allowed.map { ": \($0)" } ?? "").")
    }

    /// The shell completions after a filter's flag.
    func completion(_ parameter: String) -> CompletionKind { .list(filter(parameter)?.values ?? []) }
}
