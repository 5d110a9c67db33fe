package import LedgerEvents
import LedgerJSON
package import LedgerValues

/// The payload of `MarketObserved`: one observation of one kind.
package struct MarketObservedPayload: Sendable {
    package let kind: MarketKind
    /// One value for each of the kind's fields, in their order. The value of a required field is never null.
    package let values: [MarketValue]
    /// Whether a figure had more than 10 fractional digits at its source and was rounded half to even.
    package let rounded: Bool
    /// The unit of the volatilities before their conversion to vol points: `fraction`, or null if they were vol points
    /// already.
    package let unitSource: String?
    /// Where the observation comes from, and what its source said beside the fields.
    package let provenance: Provenance

    /// Where an observation comes from. Version 1 of the event says nothing of it.
    package struct Provenance: Sendable, Equatable {
        /// Who observed it: a vendor, for example. Nil if nobody says so.
        package var observedSource: String?
        /// What the source calls the market, if the observation has another name for it; see ``MarketSymbol``.
        package var sourceCurrency: String?
        /// The volatility that the source gave, if it is a bound of the source's own and the field is therefore null.
        package var clampedIV: FixedDecimal?
        /// The sources that failed when the observation was made, sorted bytewise, each once. Their fields are null. It is
        /// part of the content: without it, a source that comes back with a null would stay missing.
        package var missingSources: [String]

        package init(
            observedSource: String? = nil, sourceCurrency: String? = nil, clampedIV: FixedDecimal? = nil, missingSources: [String] = []
        ) {
            self.observedSource = observedSource
            self.sourceCurrency = sourceCurrency
            self.clampedIV = clampedIV
            self.missingSources = missingSources
        }

        /// Whether a text can name a source or a market: 1 to 64 bytes without control characters or outer spaces.
        package static func isName(_ text: String) -> Bool { MarketField.isPlain(text, 64) }

        fileprivate var isSound: Bool {
            [observedSource, sourceCurrency].allSatisfy { $0.map(Self.isName) ?? true } && missingSources.allSatisfy(Self.isName)
                && zip(missingSources, missingSources.dropFirst()).allSatisfy { $0.isBytewiseLess(than: $1) }
                && clampedIV.map { !$0.isNegative } ?? true
        }
    }

    /// An observation with one value for each field. Nil if ``MarketField/problem(of:)`` finds a fault in a value, and for
    /// sources that failed in another order.
    package init?(
        kind: MarketKind, values: [MarketValue], rounded: Bool = false, unitSource: String? = nil,
        provenance: Provenance = Provenance()
    ) {
        let fields = kind.fields
        guard values.count == fields.count, provenance.isSound else { return nil }
        for (field, value) in zip(fields, values) where field.problem(of: value) != nil { return nil }
        guard MarketRows.problem(of: kind, values) == nil else { return nil }
        self.init(unchecked: kind, values, rounded, unitSource, provenance)
    }

    /// An observation from the given fields, with all others null. Nil if a name is unknown or
    /// ``MarketField/problem(of:)`` finds a fault in a value.
    package init?(
        kind: MarketKind, fields: [(name: String, value: MarketValue)], rounded: Bool = false,
        unitSource: String? = nil, provenance: Provenance = Provenance()
    ) {
        var values = [MarketValue](repeating: .null, count: kind.fields.count)
        for (name, value) in fields {
            guard let index = kind.fields.firstIndex(where: { $0.name.isBytewiseEqual(to: name) }) else { return nil }
            values[index] = value
        }
        self.init(kind: kind, values: values, rounded: rounded, unitSource: unitSource, provenance: provenance)
    }

    private init(
        unchecked kind: MarketKind, _ values: [MarketValue], _ rounded: Bool, _ unitSource: String?, _ provenance: Provenance
    ) {
        self.kind = kind
        self.values = values
        self.rounded = rounded
        self.unitSource = unitSource
        self.provenance = provenance
    }
}

// MARK: - Values by name

extension MarketObservedPayload {
    /// The currency or the underlying, which is part of the stream's name.
    package var subject: String {
        if case .text(let text) = values[kind.shape.subject] { text } else { "" }
    }

    /// The time at which the observation holds. Of bars the end of the last one.
    package var timestamp: Instant {
        if kind == .bars { return barsEnd ?? .minimum }
        return if case .instant(let instant) = values[kind.shape.timestamp] { instant } else { .minimum }
    }

    /// The value of a field by its name. Null if the kind has no such field.
    package func value(_ name: StaticString) -> MarketValue {
        let fields = kind.fields
        for index in fields.indices where fields[index].key.isBytewiseEqual(to: name) { return values[index] }
        return .null
    }

    /// A decimal field. Nil if it is null or the kind has no such field.
    package func decimal(_ name: StaticString) -> FixedDecimal? {
        if case .decimal(let decimal) = value(name) { decimal } else { nil }
    }

    /// A text field. Nil if it is null or the kind has no such field.
    package func text(_ name: StaticString) -> String? {
        if case .text(let text) = value(name) { text } else { nil }
    }

    /// A count. Nil if it is null or the kind has no such field.
    package func integer(_ name: StaticString) -> Int64? {
        if case .integer(let integer) = value(name) { integer } else { nil }
    }

    /// A date. Nil if it is null or the kind has no such field.
    package func date(_ name: StaticString) -> CalendarDate? {
        if case .date(let date) = value(name) { date } else { nil }
    }

    /// The rows of a kind that has rows. Nil for other kinds.
    package var rows: MarketRows? {
        if case .rows(let rows) = values.last { rows } else { nil }
    }

    /// The contract and its quote. Nil unless the kind is `option_quote`.
    package var quote: (contract: OptionContract, quote: OptionQuote)? {
        guard kind == .optionQuote, case .date(let expiry) = value("expiry"), let strike = decimal("strike"),
            case .optionType(let optionType) = value("option_type")
        else { return nil }
        let quote = OptionQuote(
            timestamp: timestamp, bid: decimal("bid"), ask: decimal("ask"), bidSize: decimal("bid_size"),
            askSize: decimal("ask_size"), mark: decimal("mark"), markIV: decimal("mark_iv"),
            underlyingPrice: decimal("underlying_price"), volume24h: decimal("volume_24h"),
            openInterest: decimal("open_interest"), rounded: rounded)
        let contract = OptionContract(underlying: subject, expiry: expiry, strike: strike, optionType: optionType)
        return (contract, quote)
    }
}

// MARK: - JSON

extension MarketObservedPayload {
    /// The schema version that ``encode()`` writes; see ``MarketKind/schemaVersion``.
    package var schemaVersion: Int { kind.schemaVersion }

    /// The canonical JSON of the payload: all fields of the kind and what is said beside them, flat.
    package func encode() -> [UInt8] { encode { _ in true } }

    private func encode(_ isWritten: (MarketShape.Slot) -> Bool) -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 512)
        out.beginObject()
        for (key, slot) in kind.shape.slots where isWritten(slot) {
            out.key(key)
            switch slot {
            case .kind: out.string(kind.rawValue)
            case .rounded: out.bool(rounded)
            case .unitSource: out.string(unitSource)
            case .clampedIV: out.decimalString(provenance.clampedIV)
            case .missingSources:
                out.beginArray()
                for source in provenance.missingSources { out.string(source) }
                out.endArray()
            case .observedSource: out.string(provenance.observedSource)
            case .sourceCurrency: out.string(provenance.sourceCurrency)
            case .field(let index): values[index].write(to: &out)
            }
        }
        out.endObject()
        return out.bytes
    }

    /// The canonical JSON object of the identifying fields, which say what the observation is about.
    package func identifyingBytes() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 128)
        out.beginObject()
        for index in kind.shape.identifying {
            out.key(kind.fields[index].key)
            values[index].write(to: &out)
        }
        out.endObject()
        return out.bytes
    }

    /// The SHA-256 of ``identifyingBytes()``.
    package var identifyingDigest: Digest32 { Digest32(sha256Of: identifyingBytes()) }

    /// The SHA-256 of the canonical JSON of the content: the fields, the kind and the sources that failed. Two observations of
    /// a stream are the same if their contents are, whoever observed them and in whatever unit.
    package var contentDigest: Digest32 { Digest32(sha256Of: encode { $0.isContent }) }

    /// Reads a payload of a schema version. Members in canonical order need a single pass.
    package init(decoding payload: [UInt8], schemaVersion: Int = 2) throws(PayloadError) {
        try self.init(decoding: try PayloadReader.document(payload), schemaVersion: schemaVersion)
    }

    private init(decoding payload: JSONValue, schemaVersion: Int) throws(PayloadError) {
        guard payload.kind == .object else { throw PayloadError(pointer: "", problem: "is not an object") }
        guard let name = payload["kind"], let kind = name.withUnescapedUTF8({ MarketKind(utf8: $0) }) ?? nil,
            kind.isIn(schemaVersion)
        else {
            throw PayloadError(pointer: "/kind", problem: "is not one of the known kinds")
        }
        let shape = kind.shape
        let slots = schemaVersion > 1 ? shape.slots : shape.firstSlots
        var members = try MemberCursor(payload)
        var values = [MarketValue](repeating: .null, count: shape.fields.count)
        var (rounded, unitSource): (Bool, String?) = (false, nil)
        var provenance = Provenance()
        for (key, slot) in slots {
            switch slot {
            case .kind: _ = try members.value(key)
            case .rounded: rounded = try members.bool(key)
            case .unitSource: unitSource = try members.optionalText(key)
            case .clampedIV: provenance.clampedIV = try members.optionalDecimal(key)
            case .missingSources: provenance.missingSources = try members.texts(key)
            case .observedSource: provenance.observedSource = try members.optionalText(key)
            case .sourceCurrency: provenance.sourceCurrency = try members.optionalText(key)
            case .field(let index) where shape.fields[index].type == .rows:
                values[index] = .rows(try MarketRows(decoding: try members.value(key), of: kind, pointer: members.pointer(of: key)))
            case .field(let index):
                let field = shape.fields[index]
                let value = try MarketValue(reading: key, field.type, from: &members)
                if field.isRequired, case .null = value { throw members.error(key, "is null") }
                if case .choice = field.type, let problem = field.problem(of: value) { throw members.error(key, problem) }
                values[index] = value
            }
        }
        try members.finish(slots.map(\.key))
        self.init(unchecked: kind, values, rounded, unitSource, provenance)
    }
}

extension MarketObservedPayload: Equatable {
    /// Two payloads are equal if they encode to the same bytes.
    package static func == (left: MarketObservedPayload, right: MarketObservedPayload) -> Bool {
        left.kind == right.kind && left.encode() == right.encode()
    }
}

extension MarketKind {
    fileprivate init?(utf8: Span<UInt8>) {
        self.init(rawValue: utf8.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
    }
}

extension StaticString {
    fileprivate func isBytewiseEqual(to other: StaticString) -> Bool {
        utf8CodeUnitCount == other.utf8CodeUnitCount
            && UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
                .elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
}
