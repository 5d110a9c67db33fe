import LedgerValues

/// Lines for an import: chains of MSTR on two dates with two expiries, its bars of a day in minutes, and daily bars of it and of SPY.
///
/// The first expiry and the strike of 350 are those of ``sampleRow(_:updatedAt:quantity:price:status:notes:)``.
package enum SampleResearch {
    package static let underlying = "MSTR"
    /// The chains' last moment, and the bars' date.
    package static let lastChain = "2026-01-13T20:00:00Z"
    /// A reader's now at which the first expiry is still to come.
    package static let now = "2026-01-13T21:30:00Z"

    package static func lines() throws -> [UInt8] {
        let lines = chains() + minutes() + (try days())
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    private static func chains() -> [String] {
        ["2026-01-12T20:00:00Z", lastChain].enumerated().flatMap { day, time in
            ["2026-01-30", "2026-02-20"].enumerated().map { number, expiry in
                let iv = 60 + 3 * day + 2 * number
                let rows = [300, 350, 400].flatMap { strike in
                    ["call", "put"].map { type in
                        let isCall = type == "call"
                        let reach = strike == 350 ? "0.5" : (strike == 300) == isCall ? "0.75" : "0.25"
                        return #"{"strike":\#(strike),"option_type":"\#(type)","bid":11,"ask":13,"mark":12,"iv":\#(iv + (isCall ? 0 : 4)),"#
                            + #""delta":\#(isCall ? "" : "-")\#(reach),"gamma":0.0\#(strike / 50),"open_interest":\#(isCall ? strike : 700 - strike)}"#
                    }
                }
                return #"{"kind":"option_chain","underlying":"MSTR","timestamp":"\#(time)","expiry":"\#(expiry)","part":1,"parts":1,"#
                    + #""source":"alpaca","spot":\#(345 + 4 * day),"multiplier":100,"open_interest_date":"2026-01-12","#
                    + #""rows":[\#(rows.joined(separator: ","))]}"#
            }
        }
    }

    /// 15:00 to 15:29 UTC, half an hour after the session's open.
    private static func minutes() -> [String] {
        let bars = (0..<30).map { minute in
            let time = "2026-01-13T15:\(minute < 10 ? "0" : "")\(minute):00Z"
            let price = 345 + minute % 7
            return #"{"timestamp":"\#(time)","open":\#(price),"high":\#(price + 1),"low":\#(price - 1),"close":\#(price),"#
                + #""volume":\#(100 + 40 * (minute % 5)),"vwap":\#(price)}"#
        }
        return [
            #"{"kind":"bars","symbol":"MSTR","interval":"1m","period":"2026-01-13T12","source":"alpaca","adjustment":"raw","#
                + #""bars":[\#(bars.joined(separator: ","))]}"#
        ]
    }

    private static func days() throws -> [String] {
        guard let first = CalendarDate("2025-12-01") else { throw BadSample() }
        return ["MSTR", "SPY"].flatMap { symbol in
            [("2025-12", 0..<31), ("2026-01", 31..<44)].map { period, days in
                let bars = days.compactMap { first.advanced(byDays: $0) }.enumerated().map { index, date in
                    let price = (symbol == "SPY" ? 600 : 340) + index * (symbol == "SPY" ? 3 : 5) % 11
                    return
                        #"{"timestamp":"\#(date)T00:00:00Z","open":\#(price),"high":\#(price + 2),"low":\#(price - 2),"close":\#(price),"#
                        + #""volume":1000}"#
                }
                return #"{"kind":"bars","symbol":"\#(symbol)","interval":"1d","period":"\#(period)","source":"alpaca","adjustment":"raw","#
                    + #""bars":[\#(bars.joined(separator: ","))]}"#
            }
        }
    }
}
