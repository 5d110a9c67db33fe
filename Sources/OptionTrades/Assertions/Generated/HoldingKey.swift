// Made by `swift run payload-generator` from schema/events/AssertionWithdrawn.v1.json. Change the schema, not this file.
package import LedgerEvents
import LedgerValues

/// A contract in a portfolio, of one source: what an assertion is about. Texts compare by their bytes.
package struct HoldingKey: CodedFields {
    /// `contract_key`: The option symbol, else the instrument, as the executions have it.
    package var contractKey: String = ""
    /// `source`: The source of the executions, for example alpha_sync.
    package var source: String = ""
    /// `source_portfolio`
    package var sourcePortfolio: String = ""

    package init() {}

    package init(
        source: String, sourcePortfolio: String, contractKey: String
    ) {
        self.source = source
        self.sourcePortfolio = sourcePortfolio
        self.contractKey = contractKey
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.text("contract_key", &contractKey)
        try fields.text("source", &source)
        try fields.text("source_portfolio", &sourcePortfolio)
    }
}

extension HoldingKey: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: HoldingKey, right: HoldingKey) -> Bool {
        guard left.contractKey.isBytewiseEqual(to: right.contractKey),
            left.source.isBytewiseEqual(to: right.source),
            left.sourcePortfolio.isBytewiseEqual(to: right.sourcePortfolio)
        else { return false }
        return true
    }
}
