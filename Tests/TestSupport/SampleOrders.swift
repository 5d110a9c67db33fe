import Foundation
package import LedgerEvents
import LedgerValues
import OptionTrades

/// The sample payload of a broker's event, as the tests of events have it.
func brokerSample<Payload: BrokerPayload>(_ type: Payload.Type) throws -> Payload {
    let path = "\(projectRoot)/Tests/LedgerEventsTests/Samples/\(type.type.rawValue).v1.json"
    return try Payload(decoding: Array(try Data(contentsOf: URL(filePath: path))))
}

/// Six intents of the sample broker, half of them with the facts of their decision, and two positions of its account.
package func sampleOrders() throws -> [NewEvent] {
    var events: [NewEvent] = []
    for number in 0..<6 {
        var intended = try brokerSample(TradeIntendedPayload.self)
        intended.intent.intentID = "I-\(number)"
        intended.intent.strategy = number % 2 == 0 ? .dayTrade : .swingTrade
        var ofIntent: [any IntentPayload] = [intended]
        if number % 2 == 0 {
            var market = try brokerSample(MarketConsultedPayload.self)
            var account = try brokerSample(AccountConsultedPayload.self)
            (market.intentID, account.intentID) = (intended.intentID, intended.intentID)
            ofIntent += [market, account]
        }
        events += ofIntent.enumerated().map { $1.event(previousVersion: Int64($0)) }
    }
    var observed = try brokerSample(BrokerPositionsObservedPayload.self)
    var other = observed.positions[0]
    other.symbol = "SPY260130C00610000"
    other.averageEntryPrice = nil
    observed.positions.append(other)
    return events + [observed.event(previousVersion: 0)]
}
