import LedgerEvents
import LedgerValues
import MarketData
import OptionTrades
import RandomSupport
import Testing

@Suite struct CSVTests {
    private let header = "kind,currency,timestamp,price,source"

    @Test func `columns are named as the fields are, empty cells are null`() throws {
        let reading = Reading(
            """
            kind,currency,timestamp,dvol,price,source\r
            vol_metrics,BTC,2026-01-21T14:00:00Z,58.3,,\r
            spot,BTC,2026-01-21T15:00:00+01:00,,91000.5,\"a \"\"b\"\", c\"\r
            spot,"BTC","2026-01-21T14:00:01Z",,"",""
            """, .csv)
        #expect(reading.reasons == [])
        #expect(reading.lines == [2, 3, 4])
        let payloads = reading.payloads
        #expect(payloads[0].decimal("dvol") == decimal("58.3"))
        #expect(payloads[1].timestamp == Instant("2026-01-21T14:00:00Z"))
        #expect(payloads[1].text("source") == #"a "b", c"#)
        #expect(payloads[2].decimal("price") == nil)
        #expect(payloads[2].text("source") == nil)
    }

    @Test func `CSV and NDJSON of the same observations read the same, whatever the pieces`() {
        let columns = ["kind"] + Set(MarketKind.written(in: 2).flatMap { $0.fields.map(\.name) }).sorted()
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let observations = (0..<Int.random(in: 0...9, using: &random)).map { _ in RandomObservation(&random) }
            let shuffled = columns.shuffled(using: &random)
            let end = Bool.random(using: &random) ? "\r\n" : "\n"
            var csv = shuffled.joined(separator: ",") + end
            for observation in observations { csv += observation.csv(shuffled, &random) + end }
            if Bool.random(using: &random) { csv = "\u{feff}" + csv }
            if Bool.random(using: &random), !observations.isEmpty { csv.removeLast() }
            let json = observations.map { $0.json(&random) }.joined(separator: "\n")
            let expected = observations.map(\.payload)
            #expect(Reading(json, .ndjson).payloads == expected, "seed \(seed)")
            for piece in [.max, 1, 3, 50] {
                let reading = Reading(csv, .csv, piece: piece)
                #expect(reading.payloads == expected, "seed \(seed), pieces of \(piece): \(reading.reasons)")
            }
        }
    }

    @Test(arguments: [
        ["spot,BTC,2026-01-21T14:00:00Z,1", "has 4 cells where the header has 5"],
        ["spot,BTC,2026-01-21T14:00:00Z,1,,", "has 6 cells where the header has 5"],
        ["spot,BTC,2026-01-21T14:00:00Z,1,a\"b", "a quote stands inside a cell without quotes"],
        ["spot,BTC,2026-01-21T14:00:00Z,\"1\"2,", "something follows a closing quote"],
        ["spot,BT\rC,2026-01-21T14:00:00Z,1,", "a carriage return stands alone"],
        ["spot,BTC,2026-01-21T14:00:00Z, 1,", "price is not a number: \" 1\""],
        ["spot,BTC,2026-01-21T14:00:00Z,null,", "price is not a number"],
        ["spot,,2026-01-21T14:00:00Z,1,", "currency is missing"],
        [",BTC,2026-01-21T14:00:00Z,1,", "kind is missing"],
        ["candle,BTC,2026-01-21T14:00:00Z,1,", "kind is not one of"],
        ["vol_metrics,BTC,2026-01-21T14:00:00Z,1,", "vol_metrics has no field \"price\""],
        ["spot, BTC,2026-01-21T14:00:00Z,1,", "currency is not 1 to 64 bytes"],
    ])
    func `a record that breaks the format is refused with its line and the reason`(record: [String]) throws {
        let good = "spot,BTC,2026-01-21T14:00:00Z,1,x"
        let reading = Reading("\(header)\n\(good)\n\n\(record[0])\n\(good)\n", .csv)
        #expect(reading.lines == [2, 5])
        #expect(reading.faults.map(\.line) == [4])
        let reason = try #require(reading.faults.first?.reason)
        #expect(reason.contains(record[1]), "\(reason)")
    }

    @Test func `a record's number is that of the line it starts on`() {
        let reading = Reading(
            "\(header)\nspot,BTC,2026-01-21T14:00:00Z,1,\"two\nlines\"\nspot,BTC,2026-01-21T14:00:00Z,1,x\nspot\n", .csv
        )
        // A line break is a control character, which a text does not hold.
        #expect(reading.faults.map(\.line) == [2, 5])
        #expect(reading.lines == [4])
    }

    @Test func `a quote without an end is refused at the line it stands on`() {
        let reading = Reading(
            "\(header)\nspot,BTC,2026-01-21T14:00:00Z,1,\"x\nspot,BTC,2026-01-21T14:00:00Z,1,y\n", .csv)
        #expect(reading.observations.isEmpty)
        #expect(reading.reasons == ["2: a quoted cell has no end"])
        let long =
            "\(header)\nspot,BTC,2026-01-21T14:00:00Z,1,\"" + String(repeating: "x\n", count: maximumRecordLength / 2)
        let bounded = Reading(long + "\nspot,BTC,2026-01-21T14:00:00Z,1,y\n", .csv, piece: 4096)
        #expect(bounded.faults.first?.reason == "is longer than 1048576 bytes")
        #expect(bounded.payloads.last?.text("source") == "y")
    }

    @Test(arguments: [
        ["kind,currency,timestamp,prize", "the header has the unknown column \"prize\""],
        ["kind,currency,timestamp,currency", "the header has the column currency twice"],
        ["currency,timestamp,price", "the header lacks the column kind"],
        ["kind,\"currency", "a quoted cell has no end"],
        ["kind,,timestamp", "the header has the unknown column \"\""],
    ])
    func `a header that can't be used is one error, and nothing below it is read`(header: [String]) throws {
        let reading = Reading(
            "\n\(header[0])\nspot,BTC,2026-01-21T14:00:00Z,1\nspot,BTC,2026-01-21T14:00:00Z,1\n", .csv)
        #expect(reading.observations.isEmpty)
        #expect(reading.faults.map(\.line) == [2])
        #expect(reading.faults.first?.reason.hasPrefix(header[1]) == true, "\(reading.reasons)")
    }

    @Test func `unit, kind and what was rounded are columns or options`() throws {
        let reading = Reading(
            """
            currency,timestamp,dvol,unit,rounded,unit_source
            BTC,2026-01-21T14:00:00Z,0.583,,true,
            BTC,2026-01-21T14:00:01Z,58.3,vol_points,false,fraction
            BTC,2026-01-21T14:00:02Z,58.3,percent,,
            BTC,2026-01-21T14:00:03Z,58.3,,yes,
            """, .csv, unit: .fraction, kind: "vol_metrics")
        #expect(reading.faults.map(\.line) == [4, 5])
        #expect(reading.payloads.map { $0.decimal("dvol") } == [decimal("58.3"), decimal("58.3")])
        #expect(reading.payloads.map(\.unitSource) == ["fraction", "fraction"])
        #expect(reading.payloads.map(\.rounded) == [true, false])
    }
}
