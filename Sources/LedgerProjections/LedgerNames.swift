public import LedgerValues

/// The names by which a program's database, its operators and the readers of its signatures know it. All of them follow from
/// the program's name.
///
/// A ledger keeps its names for ever: they are part of its database and of everything that it signs. Its schemas are always `ledger`,
/// `projection` and `audit`, so that anyone who reads them with SQL knows where to look.
public struct LedgerNames: Sendable, Equatable {
    /// The program's name, for example `accounts`: the name of its sessions, and the beginning of the labels of its log
    /// records.
    public let program: String
    /// A setting of the program by which an operator allows a server that may lose commits, for example
    /// `ACCOUNTS_UNSAFE=true`. Nil if only a setting of the server allows it.
    public let unsafeDurability: String?

    /// - Parameters:
    ///   - program: 1 to 40 of `a` to `z`, `0` to `9` and `-`, with a letter first. It must not begin with `pg-`, because the
    ///     names of its roles would be the server's.
    ///   - unsafeDurability: see ``unsafeDurability``.
    public init(_ program: String, unsafeDurability: String? = nil) {
        precondition(
            program.wholeMatch(of: /[a-z][a-z0-9-]{0,39}/) != nil && !program.hasPrefix("pg-"),
            "a program's name: expected 1 to 40 of a-z, 0-9 and -, a letter first and not pg-, found `\(program)`")
        self.program = program
        self.unsafeDurability = unsafeDurability
    }

    /// The origin of a ledger's checkpoints: `<program>/<ledger id>`.
    public func origin(of ledgerID: UniqueID) -> String { "\(program)/\(ledgerID)" }
}
