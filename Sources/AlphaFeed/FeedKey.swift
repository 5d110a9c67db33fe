/// The keys of a row that the contract names (docs/contract/alpha-feed.md, "Row").
enum FeedKey: UInt8, CaseIterable {
    case tradeID, updatedAt, tradeDate, tradeStatus, createdAt, tradeTicketID, portfolioID, securityID, portfolioName
    case underlyingSymbol, underlyingType, optionSymbol, instrument, side, optionType, strike, expiry, filledQuantity
    case pendingQuantity, price, priceCurrency, contractMultiplier, quantityUnit, premiumUSD, feesUSD, tradedIV
    case spotAtTrade, reconStatus, broker, executionType, createdBy, notes, isSynthetic

    /// The keys without which there is no row.
    static let required: [FeedKey] = [.tradeID, .updatedAt, .tradeDate, .tradeStatus]

    /// The key as the feed spells it.
    var name: StaticString {
        switch self {
        case .tradeID: "tradeId"
        case .updatedAt: "updatedAt"
        case .tradeDate: "tradeDate"
        case .tradeStatus: "tradeStatus"
        case .createdAt: "createdAt"
        case .tradeTicketID: "tradeTicketId"
        case .portfolioID: "portfolioId"
        case .securityID: "securityId"
        case .portfolioName: "portfolioName"
        case .underlyingSymbol: "underlyingSymbol"
        case .underlyingType: "underlyingType"
        case .optionSymbol: "optionSymbol"
        case .instrument: "instrument"
        case .side: "side"
        case .optionType: "optionType"
        case .strike: "strike"
        case .expiry: "expiry"
        case .filledQuantity: "filledQuantity"
        case .pendingQuantity: "pendingQuantity"
        case .price: "price"
        case .priceCurrency: "priceCurrency"
        case .contractMultiplier: "contractMultiplier"
        case .quantityUnit: "quantityUnit"
        case .premiumUSD: "premiumUsd"
        case .feesUSD: "feesUsd"
        case .tradedIV: "tradedIv"
        case .spotAtTrade: "spotAtTrade"
        case .reconStatus: "reconStatus"
        case .broker: "broker"
        case .executionType: "executionType"
        case .createdBy: "createdBy"
        case .notes: "notes"
        case .isSynthetic: "isSynthetic"
        }
    }
}

/// A set of keys.
struct FeedKeySet {
    private var bits: UInt64 = 0

    var isEmpty: Bool { bits == 0 }

    func contains(_ key: FeedKey) -> Bool { bits >> key.rawValue & 1 != 0 }

    mutating func insert(_ key: FeedKey) { bits |= 1 << key.rawValue }
}

/// Finds the key of some bytes in constant time: a hash table with open addressing.
struct FeedKeyTable {
    static let shared = FeedKeyTable()

    private static let slotCount = 256
    private var slots: InlineArray<256, UInt8> = InlineArray(repeating: Self.free)
    private static let free = UInt8.max

    private init() {
        for key in FeedKey.allCases {
            let name = UnsafeBufferPointer(start: key.name.utf8Start, count: key.name.utf8CodeUnitCount).span
            var slot = Self.slot(name)
            while slots[slot] != Self.free { slot = (slot + 1) % Self.slotCount }
            slots[slot] = key.rawValue
        }
    }

    /// The key with that text, byte for byte.
    func key(_ text: Span<UInt8>) -> FeedKey? {
        guard !text.isEmpty else { return nil }
        var slot = Self.slot(text)
        while let key = FeedKey(rawValue: slots[slot]) {
            if Self.isEqual(text, key.name) { return key }
            slot = (slot + 1) % Self.slotCount
        }
        return nil
    }

    private static func slot(_ text: Span<UInt8>) -> Int {
        let hash = text.count &* 29 &+ Int(text[0]) &* 7 &+ Int(text[text.count / 2]) &* 3 &+ Int(text[text.count - 1])
        return hash & (slotCount - 1)
    }

    private static func isEqual(_ text: Span<UInt8>, _ name: StaticString) -> Bool {
        guard text.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<text.count where text[index] != name.utf8Start[index] { return false }
        return true
    }
}
