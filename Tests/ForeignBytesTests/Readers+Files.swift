import Foundation
import LedgerJSON
import LedgerMerkle
import LedgerNotes
import LedgerRules
import LedgerValues
import Markdown
import OptionTrades
import TestSupport

@testable import API
@testable import LedgerProjections
@testable import ObjectStore
@testable import Operations

extension ForeignReader {
    /// Files and bodies that somebody wrote, and files of our own in places where others can write.
    static let written: [ForeignReader] = [
        ruleFiles, keyFiles, portfolios, tapes, intents, requestBodies, markdown, bucketAnswers, archiveManifests, vouchedHeads,
        witnessStates, auditRecords, reportManifests,
    ]

    private static func must<T>(_ make: () throws -> T) -> T {
        do { return try make() } catch { preconditionFailure("a sample can't be made: \(error)") }
    }

    // MARK: - Rules and keys

    /// The installed rule files by what they say they are, each with a projection that reads it.
    private static let rules: [(projection: ProjectionSource, path: String, bytes: [UInt8])] = files.keys.sorted().compactMap { path in
        guard path.hasSuffix(".yaml"), let bytes = files[path] else { return nil }
        // A shared file is read by a projection that uses it.
        let use = Array("- \(path)\n".utf8)
        let reader = path.hasPrefix("shared/") ? files.keys.sorted().first { files[$0]?.firstRange(of: use) != nil } : path
        let name = reader?.split(separator: "/").first.map(String.init)
        return TradeLedger.model.projections.first { $0.name == name }.map { ($0, path, bytes) }
    }

    /// What is installed below `projections/`.
    private static let files: [String: [UInt8]] = must {
        let root = projectRoot + "/projections/"
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root)
        return Dictionary(
            uniqueKeysWithValues: paths.compactMap { path in FileManager.default.contents(atPath: root + path).map { (path, [UInt8]($0)) } }
        )
    }

    /// The text takes the place of the installed file of the same kind.
    private static let ruleFiles = ForeignReader("rules", rules.map(\.bytes), count: 1_000) { bytes, _ in
        let lines = bytes.split(separator: 0x0a)
        func isSameKind(_ file: [UInt8]) -> Bool {
            ["rules: ", "version: "].allSatisfy { key in
                lines.first { $0.starts(with: key.utf8) } == file.split(separator: 0x0a).first { $0.starts(with: key.utf8) }
            }
        }
        guard let file = rules.first(where: { isSameKind($0.bytes) }) else { return false }
        let read: RuleFileReader = { $0 == file.path ? bytes : files[$0] }
        let version = file.path.hasPrefix("shared/") ? 1 : Int(file.path.dropLast(5).split(separator: "v").last ?? "") ?? 1
        do {
            let defined = try ProjectionRegistry.definitions(file.projection, version: version, events: TradeEvents.registry, read: read)
            for rule in defined.last?.identity.rules ?? [] { _ = try RuleSource(rule, read: read) }
            return true
        } catch {
            _ = "\(error)"
            return false
        }
    }

    private static let keyFiles = ForeignReader(
        text: "key files",
        [
            """
            # who reads
            - {name: alice, role: admin, sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae}
            - name: "desk.bot@x"
              role: read
              sha256: 0C26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae

            """
        ]
    ) { text in
        guard let read = try? NamedKeys(parsing: text, name: "keys.yaml") else { return false }
        try Broken.unless(!read.isEmpty && read.keys.allSatisfy { 1...64 ~= $0.name.utf8.count }, "a key without a name is taken")
        return true
    }

    // MARK: - Trading

    private static let portfolios = ForeignReader(
        "portfolio files",
        [
            Array(
                """
                {"as_of":"2026-01-30T16:00:00Z","positions":[{"symbol":"MSTR270130C00100000","quantity":-2.5,"multiplier":100,"basis":"9.5",\
                "mark":null,"iv":0.5,"spot":350},{"symbol":"MSTR  270130P00100000","quantity":1}]}
                """.utf8)
        ]
    ) { bytes, _ in
        guard let read = try? PortfolioFile(parsing: bytes) else { return false }
        try Broken.unless(read.positions.allSatisfy { !$0.quantity.isZero }, "a position of nothing is taken")
        return true
    }

    private static let tapes = ForeignReader("tapes", [Array((tapeQuotes + "=\n" + tapeTrades).utf8)], count: 6_000) { bytes, _ in
        // The quotes stand before a line of its own, and the trades after it.
        let parts = bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
        let lines = parts.reduce(0) { $0 + Tape.lines(of: $1).count }
        let read = Tape.trades(quotes: parts[0], trades: parts.count > 1 ? parts[1] : []) { _ in true }
        let found = read.trades.count + read.droppedTrades + read.droppedQuotes + read.duplicateTrades
        try Broken.unless(found <= lines && read.trades.allSatisfy { $0.price > .zero && $0.size > .zero }, "a line gives two trades")
        return !read.trades.isEmpty
    }

    private static let tapeQuotes = """
        {"timestamp":"2026-01-28T14:30:00.000001Z","bid":1.25,"ask":1.5,"bid_size":3}
        {"timestamp":"2026-01-28T14:30:00.000001Z","bid":null,"ask":1.5}

        """
    private static let tapeTrades = """
        {"timestamp":"2026-01-28T14:30:00.000002Z","price":1.5,"size":2,"exchange":"N","sequence":7}
        {"timestamp":"2026-01-28T14:30:01Z","price":"1.25","size":1e1,"exchange":4,"sequence":"7"}
        """

    private static let intents = ForeignReader(
        "intents",
        [
            #"{"intent_id":"I-1","ticker":"SPY","instrument_type":"CALL","action":"BUY","strategy":"day_trade"}"#,
            """
            {"intent_id":"I-1","source":"sample_broker","ticker":"SPY","instrument_type":"CALL","action":"SELL","strategy":"day_trade",\
            "option_symbol":"SPY260130C00609000","quantity":3,"signal":{"score":0.71},"expires_at":"2026-01-28T15:30:00Z"}
            """,
        ].map { Array($0.utf8) }
    ) { bytes, _ in
        guard let root = (try? JSONDocument(parsing: bytes))?.root else { return false }
        let reading = IntentReading(source: .sampleBroker, rules: dispatches, now: Instant("2026-01-28T15:00:00Z")!)
        guard let (intent, _) = try? reading.intent(root) else { return false }
        let payload = TradeIntendedPayload(intent: intent, requestedBy: "tests")
        try Broken.unless(
            (try? TradeIntendedPayload(decoding: payload.encode()))?.encode() == payload.encode(), "an intent is stored as another")
        return true
    }

    private static let dispatches = must { try DispatchRules(version: 1) { files[$0] } }

    // MARK: - Bodies of requests, and texts that pages show

    private static let requestBodies = ForeignReader("request bodies", [Array(#"{"name":"x","deep":{"a":[1,{"b":null}]}}"#.utf8)]) {
        bytes, _ in
        let request = APIRequest(method: "POST", path: "/", headers: [:], body: bytes, isFromLoopback: true)
        guard let read = try? RequestBody(request, keys: ["name", "deep"]) else { return false }
        try Broken.unless(read.members.count <= 2, "a key is taken twice")
        return true
    }

    private static let markdown = ForeignReader(
        text: "Markdown",
        ["# A *b*\n\n| a | b |\n|---|---|\n| [x](y) | `z` |\n\n1. one\n   - two\n\n> <b>q</b>\n\n```sh\nls\n```\n\n---\nhttp://x.org\n"],
        count: 3_000
    ) { text in
        MarkdownDocument(text).blocks.isEmpty == text.isEmpty
    }

    private static let bucketAnswers = ForeignReader(
        "answers of a bucket",
        [
            Array(
                """
                <?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a/&lt;b&gt;&amp;lt;</Key><Size>7</Size>\
                </Contents><Contents><Key>c</Key></Contents><NextContinuationToken>t</NextContinuationToken></ListBucketResult>
                """.utf8)
        ]
    ) { bytes, _ in
        let page = XMLText(bytes)
        let names = page.elements("Contents").map { ($0["Key"], $0["Size"]) }
        _ = (page["IsTruncated"], page["NextContinuationToken"], page["Code"], page["UploadId"])
        return !names.isEmpty
    }

    // MARK: - Files of our own

    private static let leaf = MerkleHash.leaf([1, 2, 3])

    private static let archiveManifests = ForeignReader("manifests of archives", [[], archivedFiles].map { archive($0).text }) { bytes, _ in
        guard let read = ArchiveManifest(parsing: bytes) else { return false }
        try Broken.unless(
            read.text == bytes && 1 <= read.first && read.first <= read.last && read.last <= read.size, "a manifest is written otherwise")
        return true
    }

    private static let archivedFiles = ["part-00000.parquet", "_manifest.json"].map {
        ArchiveManifest.File(path: "parquet/\($0)", bytes: 900, digest: leaf)
    }

    private static func archive(_ files: [ArchiveManifest.File]) -> ArchiveManifest {
        ArchiveManifest(
            origin: "alpha-ledger/test", first: 6, last: 9, size: 11, root: leaf, bytes: 700, digest: leaf, peaks: [leaf, leaf],
            consistency: [leaf], files: files)
    }

    private static let vouchedHeads = ForeignReader("vouched heads", [must { try vouched.signed(by: signer) }.bytes]) { bytes, _ in
        guard let read = VouchedHeads(bytes, signedBy: signer.verifier) else { return false }
        try Broken.unless(read == vouched, "a changed text is signed")
        return true
    }

    private static let vouched = VouchedHeads(length: 4_711, digest: leaf)

    private static let witnessStates = ForeignReader("states of a witness", [state.bytes(cosigner.verifier)]) { bytes, _ in
        guard let read = try? WitnessState(parsing: bytes, cosigner.verifier) else { return false }
        try Broken.unless(read.bytes(cosigner.verifier) == bytes, "a state is written otherwise")
        return true
    }

    private static let state: WitnessState = {
        var state = WitnessState()
        state.keep(note, of: checkpoint.origin)
        return state
    }()

    private static let auditRecords = ForeignReader("audit records", [audit.encode()]) { bytes, _ in
        guard let read = try? AuditRecord(decoding: bytes) else { return false }
        try Broken.unless(read.encode() == bytes, "a record is written otherwise")
        return true
    }

    private static let audit = AuditRecord(
        ledgerID: UniqueID(high: 1, low: 2), position: 12, root: leaf, recordedAt: Instant("2026-01-28T15:00:00Z"),
        key: TallyKey(leaf), projections: [])

    private static let reportManifests = ForeignReader("manifests of reports", [report.encode()]) { bytes, _ in
        guard let read = try? ReportManifest(decoding: bytes) else { return false }
        try Broken.unless(read.encode() == bytes, "a manifest is written otherwise")
        return true
    }

    private static let report = ReportManifest(
        asOf: Instant("2026-01-13T21:30:00Z")!, files: [.init(ReportPack.File(path: "a/b.json", bytes: [1, 2]))], position: 7,
        hasPositions: true, underlyings: ["MSTR"], warnings: ["no_data:levels/MSTR"])
}
