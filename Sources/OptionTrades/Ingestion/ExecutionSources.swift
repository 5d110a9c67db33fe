import LedgerValues

/// The sources of executions that a program knows, each under its own name.
package struct ExecutionSources: Sendable {
    package let all: [ExecutionSourceDefinition]

    /// - Parameter all: one source or more. The first one is meant if nobody names one.
    package init(_ all: [ExecutionSourceDefinition]) {
        precondition(!all.isEmpty && Set(all.map { ByteKey($0.name) }).count == all.count, "one source or more, each name once")
        self.all = all
    }

    /// The source that is meant if nobody names one.
    package var standard: ExecutionSourceDefinition { all[0] }

    /// The source with the given name. Nil if there is none.
    package func named(_ name: String) -> ExecutionSourceDefinition? { all.first { $0.name.isBytewiseEqual(to: name) } }

    /// The names, for help and for errors.
    package var names: String { all.map(\.name).joined(separator: ", ") }
}
