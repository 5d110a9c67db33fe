import LedgerEvents
import LedgerRules
import LedgerStore
package import LedgerValues
package import OptionTrades

/// Tapes in a folder: `<stream|rest>/<market_date>/<OCC symbol>/{quotes,trades}.ndjson[.gz]`
/// (docs/contract/research.md, "Partitions").
package struct FlowPartitions: Sendable {
    /// A contract on a market date.
    package struct Partition: Sendable {
        package let source: FlowSource
        package let marketDate: CalendarDate
        package let symbol: OptionSymbol
        /// Below the folder: `rest/2026-01-30/MSTR260220C00100000`.
        let path: String
        /// The names of the files; nil for one that is not there.
        let quotes: String?
        let trades: String?
    }

    /// Uncompressed bytes of a file that is read.
    package static let maximumBytes = 1 << 30
    private static let sources = [FlowSource.stream, .rest]

    private let folder: String
    /// By source, date and symbol.
    package let partitions: [Partition]

    /// Lists what is in a folder. Throws ``FlowProblem`` for names that are no part of a tape, for a file in both forms, and if
    /// there are more contracts than the limit.
    package init(_ folder: String, maximumContracts: Int) throws {
        self.folder = folder
        var found: [Partition] = []
        for name in try Self.names(folder, "") {
            guard let source = Self.sources.first(where: { $0.rawValue.isBytewiseEqual(to: name) }) else {
                throw Self.problem(name, "expected \(Self.sources.map(\.rawValue).joined(separator: " or "))")
            }
            for day in try Self.names(folder, name) {
                guard let date = CalendarDate(day) else { throw Self.problem("\(name)/\(day)", "expected a date such as 2026-01-30") }
                for contract in try Self.names(folder, "\(name)/\(day)") {
                    let path = "\(name)/\(day)/\(contract)"
                    guard let symbol = OptionSymbol(contract), symbol.description.isBytewiseEqual(to: contract) else {
                        throw Self.problem(path, "expected an OCC symbol such as MSTR260220C00100000")
                    }
                    found.append(try Self.partition(folder, path, source, date, symbol))
                }
            }
        }
        let contracts = Set(found.map(\.symbol)).count
        guard contracts <= maximumContracts else {
            throw FlowProblem("\(folder) holds \(contracts) contracts, more than --max-contracts \(maximumContracts)")
        }
        partitions = found
    }

    private static func partition(
        _ folder: String, _ path: String, _ source: FlowSource, _ date: CalendarDate, _ symbol: OptionSymbol
    ) throws -> Partition {
        var files: [String: String] = [:]
        for name in try names(folder, path) {
            guard let kind = ["quotes", "trades"].first(where: { name == "\($0).ndjson" || name == "\($0).ndjson.gz" }) else {
                throw problem("\(path)/\(name)", "expected quotes.ndjson or trades.ndjson, or either with .gz")
            }
            if files[kind] != nil { throw problem(path, "holds \(kind).ndjson and \(kind).ndjson.gz; expected one of both") }
            files[kind] = name
        }
        guard !files.isEmpty else { throw problem(path, "holds neither quotes nor trades") }
        return Partition(
            source: source, marketDate: date, symbol: symbol, path: path, quotes: files["quotes"], trades: files["trades"])
    }

    private static func names(_ folder: String, _ path: String) throws -> [String] {
        try LedgerFiles.list(path.isEmpty ? folder : "\(folder)/\(path)")
    }

    private static func problem(_ path: String, _ text: String) -> FlowProblem { FlowProblem("\(path): \(text)") }

    /// The summaries of all partitions, in their order.
    package func summaries(_ rules: IntradayFlowRules) throws -> [FlowSummary] {
        try partitions.map { partition in
            var files: [FlowFile] = []
            func read(_ name: String?) throws -> [UInt8] {
                guard let name else { return [] }
                let path = "\(partition.path)/\(name)"
                let bytes = try Self.contents(path, of: folder)
                files.append(
                    FlowFile(path: path, sha256: Digest32(sha256Of: bytes), lines: Int64(Tape.lines(of: bytes).count)))
                return bytes
            }
            let (quotes, trades) = (try read(partition.quotes), try read(partition.trades))
            let underlying = partition.symbol.root
            let tape = Tape.trades(quotes: quotes, trades: trades) {
                rules.dates.date(at: $0, of: underlying) == partition.marketDate
            }
            let contract = OptionContract(
                underlying: underlying, expiry: partition.symbol.expiry, strike: partition.symbol.strike,
                optionType: partition.symbol.optionType)
            return try FlowSummary(
                of: FlowSubject(
                    source: partition.source, symbol: "\(partition.symbol)", marketDate: partition.marketDate, contract: contract,
                    multiplier: rules.listedMultiplier),
                tape, inputs: .files(files), rules)
        }
    }

    /// The uncompressed bytes of a file below a folder.
    static func contents(_ path: String, of folder: String) throws -> [UInt8] {
        let bytes = try LedgerFiles.read("\(folder)/\(path)")
        guard path.hasSuffix(".gz") else {
            guard bytes.count <= maximumBytes else { throw problem(path, "holds more than \(maximumBytes) bytes") }
            return bytes
        }
        guard let plain = Gunzip.decompress(bytes, limit: maximumBytes) else {
            throw problem(path, "is no whole gzip of at most \(maximumBytes) bytes")
        }
        return plain
    }
}
