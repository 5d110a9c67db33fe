public import LedgerEvents
public import LedgerRules
import LedgerValues

/// The names, the event types and the projections of a program.
public struct LedgerModel: Sendable {
    public let names: LedgerNames
    public let events: EventRegistry
    /// The projections; each name occurs once.
    public let projections: [ProjectionSource]
    /// The patterns of the event schemas beside those that the engine knows.
    public let patterns: [TextPattern]

    public init(names: LedgerNames, events: EventRegistry, projections: [ProjectionSource], patterns: [TextPattern] = []) {
        self.names = names
        self.events = events
        self.projections = projections
        self.patterns = patterns
    }
}

/// A projection as a program registers it: how to make it from a rules version, and the code versions that readers know.
public struct ProjectionSource: Sendable {
    public let name: String
    let define: @Sendable (Int, InstalledProjection, RuleFileReader) throws -> [ProjectionDefinition]

    /// Registers a projection.
    ///
    /// - Parameters:
    ///   - name: the projection's name, which is also that of its folder below `projections/`.
    ///   - codes: the code versions that readers know, in ascending order.
    ///   - folding: the projection as a code version folds it, if code versions differ in more than their sums.
    ///   - make: the projection under its rules of a version, `rules.v<N>.yaml`; throws `RuleError` if these can't be
    ///     used.
    public init<P: Projection>(
        _ name: String, codes: [PublishedCode] = [PublishedCode(version: 1)],
        folding: @escaping @Sendable (P, _ codeVersion: Int) -> P = { projection, _ in projection },
        _ make: @escaping @Sendable (_ version: Int, _ read: RuleFileReader) throws -> P
    ) {
        self.name = name
        define = { version, installed, read in
            let projection = try make(version, read)
            return codes.map { ProjectionDefinition(folding(projection, $0.version), $0, installed) }
        }
    }
}

/// The installed files of a projection below `projections/<name>/`.
struct InstalledProjection {
    let events: EventRegistry
    let columns: ColumnSet
    /// The numbers of its rules versions, ascending; never empty.
    let versions: [Int]

    init(_ name: String, _ events: EventRegistry, files: [String], read: RuleFileReader) throws {
        self.events = events
        guard let bytes = try read("\(name)/columns.json") else {
            throw ProjectionFilesError.columnsMissing(projection: name)
        }
        do {
            columns = try ColumnSet(parsing: bytes)
        } catch {
            throw ProjectionFilesError.badColumns(projection: name, problem: "\(error)")
        }
        versions = RuleFile.versions(in: name, among: files)
        if versions.isEmpty { throw ProjectionFilesError.rulesMissing(projection: name) }
    }
}

/// Why the files of a projection can't be used.
public enum ProjectionFilesError: Error, Equatable, CustomStringConvertible {
    case columnsMissing(projection: String)
    /// `columns.json` can't be used; the problem is that of ``ColumnSet/init(parsing:)``.
    case badColumns(projection: String, problem: String)
    case rulesMissing(projection: String)

    public var description: String {
        switch self {
        case .columnsMissing(let projection): "projections/\(projection)/columns.json: there is no such file"
        case .badColumns(let projection, let problem): "projections/\(projection)/columns.json: \(problem)"
        case .rulesMissing(let projection): "projections/\(projection): no rules.v<N>.yaml is installed"
        }
    }
}
