import EmbeddedPostgres
import EventLedger
import Foundation

// Bank accounts on the event ledger: one event type, one projection under two rules versions, time travel, and a proof.

// MARK: The event

struct MoneyMoved: EventPayload {
    let account: String
    let amount: FixedDecimal
    let reference: String

    /// A second event with the same reference is the same payment.
    func event() -> NewEvent {
        NewEvent(
            identity: Identity.join(["payment", reference]), stream: "account-\(account)", type: "MoneyMoved",
            payload: JSONWriter.bytes(reservingCapacity: 128) { out in
                out.beginObject()
                out.key("account"); out.string(account)
                out.key("amount"); out.decimalString(amount)
                out.key("reference"); out.string(reference)
                out.endObject()
            })
    }

    static let definition = EventDefinition(
        "MoneyMoved",
        readers: [
            1: { bytes throws(PayloadError) in
                let reader = try PayloadReader(try PayloadReader.document(bytes), keys: ["account", "amount", "reference"])
                return MoneyMoved(
                    account: try reader.string("account"), amount: try reader.decimal("amount"),
                    reference: try reader.string("reference"))
            }
        ])
}

// MARK: The projection

/// Every account's balance, and whether the rules count it as overdrawn.
struct Balances: Projection {
    struct Facts: Sendable {
        let account: String
        var balance: FixedDecimal
    }

    static let consumes: [EventType: Set<Int>] = ["MoneyMoved": [1]]
    let identity: ProjectionIdentity
    private let limit: FixedDecimal

    init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "balances/rules.v\(version).yaml", kind: "balances", read: read)
        try document.root.allowOnly(["rules", "version", "limit"])
        limit = try document.root.decimal("limit")
        identity = ProjectionIdentity(name: "balances", codeVersion: 1, ownRules: document.file, rules: [document.file])
    }

    func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        event.payload(as: MoneyMoved.self).map { [RowKey([$0.account])] } ?? []
    }

    func apply(_ event: DecodedEvent, to facts: inout Facts?, of entity: RowKey) {
        guard let moved = event.payload(as: MoneyMoved.self) else { return }
        facts = Facts(account: moved.account, balance: (facts?.balance ?? .zero) + moved.amount)
    }

    func writeRows(of facts: Facts, to rows: inout RowWriter) {
        rows.out.beginObject()
        rows.out.key("account"); rows.out.string(facts.account)
        rows.out.key("balance"); rows.out.decimalString(facts.balance)
        rows.out.key("state"); rows.out.string(facts.balance < limit ? "overdrawn" : "open")
        rows.out.endObject()
        rows.endRow(RowKey([facts.account]))
    }

    func encode(_ facts: Facts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("account"); out.string(facts.account)
        out.key("balance"); out.decimalString(facts.balance)
        out.endObject()
    }

    struct Damaged: Error {}

    func facts(from document: [UInt8]) throws -> Facts {
        let root = try JSONDocument(parsing: document).root
        guard let account = root["account"]?.string, let balance = root["balance"]?.decimal else { throw Damaged() }
        return Facts(account: account, balance: balance)
    }

    // A booking holds in the world as soon as it is known.
    func facts(_ facts: Facts, effectiveBy instant: Instant) -> Facts? { facts }
}

// MARK: The program

@main
struct Accounts {
    static let model = LedgerModel(
        names: LedgerNames("accounts"),
        events: EventRegistry([MoneyMoved.definition]),
        projections: [ProjectionSource("balances") { try Balances(version: $0, read: $1) }])

    static func main() async throws {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let files = LedgerFiles(engine: here.appending(path: "../../schema").path, domain: here.path)
        let directory = FileManager.default.temporaryDirectory.appending(path: "accounts-\(UUID())").path
        let server = try await EmbeddedPostgres.start(.init(dataDirectory: directory))
        do {
            let ledger = try await Ledger.open(server.uri, model, files)
            try await run(ledger)
            await ledger.close()
        } catch {
            print("error: \(error)")
        }
        await server.stop()
        try FileManager.default.removeItem(atPath: directory)
    }

    static func run(_ ledger: Ledger) async throws {
        let payments = [("ann", "120", "p1"), ("bob", "30.5", "p2"), ("ann", "-45", "p3"), ("bob", "-100", "p4")]
        try await ledger.append(
            try payments.map { MoneyMoved(account: $0.0, amount: try FixedDecimal($0.1), reference: $0.2).event() })
        // A repetition changes nothing.
        try await ledger.append([MoneyMoved(account: "ann", amount: try FixedDecimal("120"), reference: "p1").event()])
        try await ledger.catchUp()
        let head = try await ledger.head()
        try await show("balances now", ledger.rows(of: "balances"))

        // Time travel: the balances before the last payment.
        try await show("before the last payment", ledger.rows(of: "balances", at: head - 1))

        // A rule change: built beside the served version, and compared with it.
        try await ledger.rebuild("balances", rules: "v2")
        print("what rules v2 would change")
        for change in try await ledger.differences("balances", to: "v2") {
            let fields = change.fields.map { "\($0.column.name) \($0.from?.sourceText ?? "") → \($0.to?.sourceText ?? "")" }
            print("  \(change.key.compactMap(\.value.string).joined(separator: "/")): \(fields.joined(separator: ", "))")
        }

        // A proof that the last payment is in the log, which anybody can check. The program then verifies the whole
        // ledger.
        let proof = try await ledger.inclusionProof(of: head, size: head)
        let holds = verifyInclusion(
            leaf: proof.leaf, position: proof.position - 1, size: proof.size, path: proof.path, root: proof.root)
        print("the last payment is in the log: \(holds)")
        print("faults found: \(try await ledger.verify().count)")
    }

    static func show(_ title: String, _ rows: [JSONDocument]) {
        print(title)
        for row in rows {
            let root = row.root
            print("  \(root["account"]?.string ?? ""): \(root["balance"]?.string ?? "") \(root["state"]?.string ?? "")")
        }
    }
}
