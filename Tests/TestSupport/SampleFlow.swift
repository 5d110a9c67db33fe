import Foundation
package import LedgerEvents
import LedgerValues
import OptionTrades

/// A summary of trades; different numbers give different contracts and figures, and every fourth one has no trades.
func sampleFlow(_ number: Int) throws -> IntradayFlowPayload {
    let path = "\(projectRoot)/Tests/LedgerEventsTests/Samples/IntradayFlowSummarized.v1.json"
    var flow = try IntradayFlowPayload(decoding: Array(try Data(contentsOf: URL(filePath: path))))
    flow.source = FlowSource.allCases[number % 3]
    flow.strike = FixedDecimal(100 + number / 3)
    flow.symbol = "MSTR260220C00\(100 + number / 3)000"
    if number % 4 == 3 {
        (flow.figures, flow.buckets, flow.validQuoteCount, flow.quoteCoverage) = (FlowFigures(), [], 0, nil)
    } else {
        flow.figures.buyVolume = FixedDecimal(3 + number)
        flow.figures.tradeCount += Int64(number)
    }
    if flow.source == .prints { flow.inputs = .prints([1, 2]) }
    return flow
}

/// Summaries of trades of six contracts, one of them corrected.
package func sampleFlow() throws -> [NewEvent] {
    let time = try instant("2026-01-30T20:59:59Z")
    var corrected = try sampleFlow(0)
    corrected.warnings = []
    return try (0..<6).map { try sampleFlow($0).event(previousVersion: 0, effectiveAt: time) }
        + [corrected.event(previousVersion: 1, effectiveAt: time)]
}
