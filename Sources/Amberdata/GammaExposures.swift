import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

extension ParsedObservations {
    /// `/analytics/trades-flow/gamma-exposures-snapshots`: a `gex_strike` for each row, and after those of a snapshot its
    /// `gex_hourly`.
    ///
    /// Over the instruments of a snapshot (rows of one currency and time), with q = `dealerNetInventory` and
    /// g = `gammaLevel`: `net_gex` = Σ q and `abs_gex` = Σ |q|, as the data dictionary has them, `gex_imbalance` =
    /// net_gex ÷ abs_gex (null if that is 0), `net_gamma` = Σ g: the vendor's level is dealer inventory × gamma already.
    /// `spot` is the median `indexPrice` (the lower of two), since the rows of a snapshot are priced seconds apart. A
    /// strike's `dealer_gamma` is g, its spot its own. Rows without q or g give neither; all pages of a snapshot have to be
    /// there. A contract that comes twice in a snapshot is an error: its inventory would count twice.
    package static func gammaExposures(_ pages: [[UInt8]]) throws(AmberdataError) -> ParsedObservations {
        var parsed = ParsedObservations()
        var snapshots: [SnapshotKey: Snapshot] = [:]
        for row in try rows(pages) {
            guard let exposure = StrikeExposure(row) else {
                parsed.skippedRows += 1
                continue
            }
            guard snapshots[exposure.key, default: Snapshot()].add(exposure) else {
                throw .malformed("has a contract of a snapshot twice")
            }
        }
        for (key, snapshot) in snapshots.sorted(by: { $0.key < $1.key }) {
            parsed.observations += snapshot.strikes
            parsed.append(snapshot.total(key))
        }
        return parsed
    }
}

/// What the rows of a snapshot share.
private struct SnapshotKey: Hashable, Comparable {
    let timestamp: Instant
    let currency: ByteKey

    static func < (left: SnapshotKey, right: SnapshotKey) -> Bool {
        (left.timestamp, left.currency) < (right.timestamp, right.currency)
    }
}

/// A row of a snapshot.
private struct StrikeExposure {
    let key: SnapshotKey
    let inventory: ExactNumber
    let gamma: ExactNumber
    let spot: ExactNumber?
    let observation: MarketObservedPayload

    init?(_ row: JSONValue) {
        guard let currency = row["currency"]?.string, let timestamp = WireValue.instant(row["snapshotTimestamp"]),
            let inventory = WireValue.exact(row["dealerNetInventory"]), let level = WireValue.exact(row["gammaLevel"]),
            let optionType = OptionType(wire: row["putCall"])
        else { return nil }
        var draft = ObservationDraft(.gexStrike)
        draft.set("currency", .text(currency))
        draft.set("timestamp", .instant(timestamp))
        draft.set("expiry", WireValue.instant(row["expirationTimestamp"]).map { .date($0.date) })
        draft.set("strike", wire: row["strike"])
        draft.set("option_type", .optionType(optionType))
        draft.set("dealer_gamma", level)
        draft.set("dealer_net_inventory", inventory)
        draft.set("gamma_level", level)
        draft.set("spot", wire: row["indexPrice"])
        guard let observation = draft.payload else { return nil }
        key = SnapshotKey(timestamp: timestamp, currency: ByteKey(currency))
        (self.inventory, self.observation) = (inventory, observation)
        gamma = level
        spot = observation.decimal("spot") == nil ? nil : WireValue.exact(row["indexPrice"])
    }
}

/// The rows of one currency and time so far.
private struct Snapshot {
    private(set) var strikes: [MarketObservedPayload] = []
    private var contracts: Set<Digest32> = []
    private var net = ExactNumber.zero
    private var absolute = ExactNumber.zero
    private var gamma = ExactNumber.zero
    private var spots: [ExactNumber] = []

    /// False where the contract was there before.
    mutating func add(_ exposure: StrikeExposure) -> Bool {
        guard contracts.insert(exposure.observation.identifyingDigest).inserted else { return false }
        strikes.append(exposure.observation)
        net += exposure.inventory
        absolute += exposure.inventory.magnitude
        gamma += exposure.gamma
        if let spot = exposure.spot { spots.append(spot) }
        return true
    }

    func total(_ key: SnapshotKey) -> ObservationDraft {
        var draft = ObservationDraft(.gexHourly)
        draft.set("currency", .text(key.currency.text))
        draft.set("timestamp", .instant(key.timestamp))
        draft.set("net_gex", net)
        draft.set("abs_gex", absolute)
        draft.set("gex_imbalance", net.divided(by: absolute))
        draft.set("net_gamma", gamma)
        if !spots.isEmpty { draft.set("spot", spots.sorted()[(spots.count - 1) / 2]) }
        draft.set("instruments", .integer(Int64(strikes.count)))
        return draft
    }
}

extension OptionType {
    /// `C` or `P`.
    fileprivate init?(wire value: JSONValue?) {
        guard let value else { return nil }
        if value.stringIs("C") { self = .call } else if value.stringIs("P") { self = .put } else { return nil }
    }
}
