package import LedgerJSON
import LedgerValues
import OptionTrades

/// What of the feed's rows may not be kept: replaced before a row is compared, hashed or stored.
///
/// The ledger has no erasure, so that this is the only moment. Only texts that no figure, no identity and no scope
/// follows from can be named. A value that is null or an empty string stays what it is: that nothing was there is no secret.
package struct RowRedaction: Sendable {
    /// The fields that can be named, by their stored names and by the feed's keys.
    fileprivate static let fields: [(name: String, key: FeedKey)] = [
        ("notes", .notes), ("recon_status", .reconStatus), ("source_broker", .broker), ("source_created_by", .createdBy),
        ("source_execution_type", .executionType), ("source_portfolio_id", .portfolioID),
        ("source_security_id", .securityID), ("source_trade_ticket_id", .tradeTicketID), ("underlying_type", .underlyingType),
    ]
    private static let unknownPrefix = "unknown_fields."

    private var keys = FeedKeySet()
    /// Keys that the contract does not name.
    private var unknownKeys: Set<ByteKey> = []
    private var coversUnknown = false

    /// - Parameter names: stored names (`source_created_by`) or the feed's (`createdBy`), `unknown_fields` for all keys that
    ///   the contract does not name, `unknown_fields.<key>` for one.
    package init(_ names: [String]) throws(RowRedactionError) {
        for name in names {
            if name.isBytewiseEqual(to: "unknown_fields") {
                coversUnknown = true
            } else if name.hasPrefix(Self.unknownPrefix), name.utf8.count > Self.unknownPrefix.utf8.count {
                unknownKeys.insert(ByteKey(String(name.dropFirst(Self.unknownPrefix.count))))
            } else if let field = Self.fields.first(where: {
                $0.name.isBytewiseEqual(to: name) || "\($0.key.name)".isBytewiseEqual(to: name)
            }) {
                keys.insert(field.key)
            } else {
                throw .unknownField(name)
            }
        }
    }

    /// Replaces nothing.
    package init() {}

    package var isEmpty: Bool { keys.isEmpty && unknownKeys.isEmpty && !coversUnknown }

    /// The row with its values replaced; the same row where none is to be. What is no object is replaced as a whole.
    package func apply(_ row: JSONValue) throws(JSONError) -> JSONValue {
        if isEmpty { return row }
        guard row.kind == .object else { return try JSONDocument(parsing: Self.replacement).root }
        let bytes = row.documentBytes
        var out: [UInt8] = []
        var copied = row.sourceRange.lowerBound
        for member in row.memberViews where covers(member) && !member.value.isNull && !member.value.stringIs("") {
            out += bytes[copied..<member.value.sourceRange.lowerBound]
            out += Self.replacement
            copied = member.value.sourceRange.upperBound
        }
        if copied == row.sourceRange.lowerBound { return row }
        out += bytes[copied..<row.sourceRange.upperBound]
        return try JSONDocument(parsing: out).root
    }

    private static let replacement = Array("\"\(RedactedValue.text)\"".utf8)

    private func covers(_ member: JSONValue.Member) -> Bool {
        if let key = member.withKeyBytes({ FeedKeyTable.shared.key($0) }) ?? nil { return keys.contains(key) }
        // A key that can't be stored can't have been named either.
        return coversUnknown || member.keyIssue == nil && unknownKeys.contains(ByteKey(member.key))
    }
}

/// Why a redaction can't be made.
package enum RowRedactionError: Error, Equatable, CustomStringConvertible {
    /// The name of a field that can't be redacted.
    case unknownField(String)

    package var description: String {
        switch self {
        case .unknownField(let name):
            "\(name) can't be redacted; expected \(RowRedaction.fields.map(\.name).joined(separator: ", ")), unknown_fields or unknown_fields.<key>"
        }
    }
}
