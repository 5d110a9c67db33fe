import LedgerAnalyses
package import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// A document with what it stands on.
package struct AnalysisAnswer: Sendable {
    /// The document alone, canonical JSON.
    package let document: JSONDocument
    package let position: Int64
    /// The same request gives these bytes for ever: it pins the position, the moment, the rules and the code.
    package let isPinned: Bool
    package let receipt: AnalysisReceipt?
    private let ledger: JSONNode
    /// What the bytes depend on besides the query, and, unless the request fixes them, the document itself.
    private let standing: String
    private let isFixed: Bool

    init(
        _ document: JSONDocument, _ identity: AnalysisIdentity, _ standing: AnalysisStanding, _ request: AnalysisRequest,
        receipt: AnalysisReceipt?
    ) {
        self.document = document
        self.receipt = receipt
        position = standing.position
        isPinned = request.isPinned
        isFixed = request.isFixed
        ledger = .object([
            ("analysis", .string(identity.name)), ("as_of", .string(standing.now.description)),
            ("code_version", .integer(Int64(identity.codeVersion))), ("head_position", .integer(standing.headPosition)),
            ("position", .integer(standing.position)),
            ("reads", .object(identity.reads.map { ($0.projection, .string($0.version.description)) })),
            ("rules", .object(identity.rules.map { ($0.path, .integer(Int64($0.version))) })),
        ])
        self.standing = "\(identity.name)|\(identity.reference)|\(standing.position)|\(standing.headPosition)"
    }

    /// The document with `ledger`, and the receipt where it was asked for: canonical JSON in which decimals are numbers.
    package func json() throws -> [UInt8] {
        let receipt = receipt.map { [(key: "receipt", json: $0.node.httpBytes())] } ?? []
        return try JSONDocument.inserting([("ledger", ledger.httpBytes())] + receipt, into: document.bytes)
    }

    private func text(_ node: JSONNode) -> String { String(decoding: node.httpBytes(), as: UTF8.self) }

    /// The tag of the answer to a query: strong where the request names the position or the moment, else weak, over what the
    /// document says at the reader's now.
    package func entityTag(query: String) -> EntityTag {
        if isFixed { return .strong(EntityTag.digest([Array("\(standing)|\(text(ledger))|\(query)".utf8)])) }
        return .weak(EntityTag.digest([Array("\(standing)|\(query)|".utf8), document.bytes]))
    }

    /// The answer's `ledger`, JSON.
    var ledgerJSON: [UInt8] { ledger.httpBytes() }
}

/// What an answer can be checked by against the log's proofs and the digests of the rows that it was made from.
package struct AnalysisReceipt: Sendable {
    /// RFC 6962 root over the log up to the answer's position, lower-case hex.
    package let rootHash: String
    /// SHA-256 of the document without `ledger` and `receipt`, canonical JSON, lower-case hex.
    package let digest: String
    /// Of each projection that was read its version and `digest(projection, position)` under it: of all its rows.
    package let reads: [Read]

    package struct Read: Sendable {
        package let projection: String
        package let version: String
        package let digest: String
    }

    var node: JSONNode {
        .object([
            ("digest", .string(digest)),
            (
                "reads",
                .array(
                    reads.map {
                        .object([
                            ("digest", .string($0.digest)), ("projection", .string($0.projection)), ("version", .string($0.version)),
                        ])
                    })
            ), ("root_hash", .string(rootHash)),
        ])
    }
}
