import LedgerValues
import RandomSupport
import Testing

@Suite("Option symbols")
struct OptionSymbolTests {
    @Test func `the compact and the padded form are the same symbol`() throws {
        let compact = try #require(OptionSymbol("MSTR260130C00350000"))
        #expect(compact.root == "MSTR" && compact.optionType == .call)
        #expect(compact.expiry.description == "2026-01-30" && compact.strikeThousandths == 350_000)
        #expect(compact.strike == FixedDecimal(350))
        #expect(OptionSymbol("MSTR  260130C00350000") == compact)
        #expect(compact.description == "MSTR260130C00350000")
        #expect(OptionSymbol("A260130P00000001")?.strike.description == "0.001")
        #expect(OptionSymbol("SPXW1 991231P99999999")?.root == "SPXW1")
        #expect(OptionSymbol("MSTR 260130C00350000") == compact)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "260130C00350000", " 260130C00350000", "      260130C00350000", "mstr260130C00350000",
            "1STR260130C00350000",
            "MSTRXYZ260130C00350000", "MSTR260230C00350000", "MSTR261330C00350000", "MSTR260130X00350000",
            "MSTR260130c00350000", "MSTR260130C0035000", "MSTR260130C003500000", "MSTR260130C00000000",
            "MSTR260130C0035000a", "MSTR 260130C00350000 ", " MSTR260130C00350000", "MS R260130C00350000",
            "MS.R260130C00350000", "MSTR\t260130C00350000", "MSTR2601 30C00350000", "ÄSTR260130C00350000",
            "MSTR-260130C00350000", "MSTR260130C-0350000", "MSTR260130C00350000\u{0}",
        ])
    func refuses(text: String) {
        #expect(OptionSymbol(text) == nil)
    }

    @Test(arguments: UInt64(1)...30)
    func `text round trips`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
            let root = String(
                (0..<Int.random(in: 1...6, using: &random)).map {
                    letters[Int.random(in: 0..<($0 == 0 ? 26 : 36), using: &random)]
                })
            let expiry = try #require(
                CalendarDate(
                    year: .random(in: 2000...2099, using: &random), month: .random(in: 1...12, using: &random),
                    day: .random(in: 1...28, using: &random)))
            let strike = Int64.random(in: 1...99_999_999, using: &random)
            let digits = String(repeating: "0", count: 8 - String(strike).count) + String(strike)
            let type = Bool.random(using: &random) ? "C" : "P"
            let tail = expiry.description.dropFirst(2).filter { $0 != "-" } + type + digits
            let padded = root + String(repeating: " ", count: 6 - root.count) + tail
            let symbol = try #require(OptionSymbol(padded))
            #expect(padded.count == 21)
            #expect(symbol.root == root && symbol.expiry == expiry && symbol.strikeThousandths == strike)
            #expect(symbol.description == root + tail)
            #expect(OptionSymbol(symbol.description) == symbol)
        }
    }
}
