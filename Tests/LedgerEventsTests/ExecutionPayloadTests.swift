import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades
import Testing

@Suite struct ExecutionPayloadTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `what is encoded is canonical and decodes to itself`(seed: UInt64) throws {
        var payloads = RandomPayloads(seed: seed)
        for payload in [payloads.recorded(), payloads.updated()] {
            let bytes = payload.encode()
            #expect(try isCanonical(bytes), "seed \(seed)")
            let decoded = try ExecutionPayload(decoding: bytes)
            #expect(decoded == payload, "seed \(seed)")
            #expect(decoded.encode() == bytes, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `the content is the payload without what is not content`(seed: UInt64) throws {
        var payloads = RandomPayloads(seed: seed)
        let payload = payloads.updated()
        let root = try JSONDocument(parsing: payload.encode()).root
        let content = try JSONDocument(parsing: payload.row.contentBytes()).root
        #expect(content.members.map(\.key) == ExecutionRow.fieldNames)
        for (key, value) in root.members where !["changed_fields", "scope_key", "unknown_fields"].contains(key) {
            #expect(content[key]?.sourceText == value.sourceText, "seed \(seed), \(key)")
        }
        #expect(content.count == root.count - 3)
        #expect(payload.row.contentDigest == Digest32(sha256Of: payload.row.contentBytes()))
        for name in ExecutionRow.fieldNames {
            let named = try #require(payload.row.value(named: name))
            #expect(text(named.canonicalBytes()) == content[name]?.sourceText, "seed \(seed), \(name)")
        }
        #expect(payload.row.value(named: "scope_key") == nil)
    }

    @Test func `the content digest is the one that another program works out`() throws {
        let payload = try ExecutionPayload(decoding: TestFiles.sample("AlphaExecutionRecorded", version: 1))
        #expect(
            payload.row.contentDigest.description == "67343807ac8e731b67c5d6e8855b6140d9bcbbe031dea50ad2f70fe0dbe666c7")
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `keys in any order decode to the same row`(seed: UInt64) throws {
        var payloads = RandomPayloads(seed: seed)
        let payload = payloads.updated()
        var members = Array(try JSONDocument(parsing: payload.encode()).root.members)
        members.shuffle(using: &payloads.random)
        let scrambled = members.map { "\"\($0.key)\" : \($0.value.sourceText)" }.joined(separator: ",\n")
        #expect(try ExecutionPayload(decoding: Array("{\(scrambled)}".utf8)) == payload, "seed \(seed)")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `damaged bytes are read or refused alike by the fast and the general decoder`(seed: UInt64) throws {
        var payloads = RandomPayloads(seed: seed)
        for original in [payloads.recorded().encode(), payloads.updated().encode()] {
            for _ in 0..<40 {
                var bytes = original
                let place = payloads.number(0...bytes.count - 1)
                switch payloads.number(0...3) {
                case 0: bytes[place] = UInt8(payloads.number(0...255))
                case 1: bytes[place] = payloads.pick(Array("\"\\{}[]:,0n ".utf8))
                case 2: bytes.remove(at: place)
                default: bytes.insert(payloads.pick(Array("\"\\{}[]:,0n \n".utf8)), at: place)
                }
                let fast = try? ExecutionPayload(decoding: bytes)
                let general = try? ExecutionPayload(decoding: JSONDocument(parsing: bytes).root)
                #expect(fast == general, "seed \(seed): \(text(bytes))")
            }
        }
    }

    @Test func `a row is read back from a document that has other members too`() throws {
        var payloads = RandomPayloads(seed: 3)
        let row = payloads.row()
        let document = text(row.contentBytes()).dropLast() + ",\"zebra\":[1,2],\"apple\":{}}"
        #expect(try ExecutionRow(decoding: JSONDocument(parsing: Array(document.utf8)).root) == row)
    }

    @Test func `a missing, null, mistyped or unknown member is refused with its place`() throws {
        let sample = text(try TestFiles.sample("AlphaExecutionRecorded", version: 1))
        func problem(replacing old: String, with new: String) throws -> String? {
            let altered = sample.replacing(old, with: new)
            #expect(altered != sample, "\(old)")
            do {
                _ = try ExecutionPayload(decoding: Array(altered.utf8))
                return nil
            } catch {
                return error.description
            }
        }
        #expect(try problem(replacing: "\"strike\":\"350\",", with: "") == "the payload lacks the key strike")
        #expect(
            try problem(replacing: "\"strike\":\"350\"", with: "\"strike\":350") == "/strike is not a decimal string")
        #expect(
            try problem(replacing: "\"strike\":\"350\"", with: "\"strike\":\"x\"") == "/strike is not a decimal string")
        #expect(try problem(replacing: "\"source\":\"alpha_sync\"", with: "\"source\":null") == "/source is null")
        #expect(
            try problem(replacing: "\"FILLED\"", with: "\"LOST\"") == "/trade_status is not one of the known values")
        #expect(try problem(replacing: "\"2026-01-30\"", with: "\"2026-02-30\"") == "/expiry is not a date")
        #expect(try problem(replacing: "\"2026-01-21T14:29:58Z\"", with: "\"soon\"") == "/trade_date is not an instant")
        #expect(
            try problem(replacing: "\"is_synthetic\":false", with: "\"is_synthetic\":0")
                == "/is_synthetic is not true or false")
        #expect(try problem(replacing: "\"price\":", with: "\"prize\":") == "the payload lacks the key price")
        #expect(
            try problem(replacing: "\"price_currency\":", with: "\"price_area\":\"EU\",\"price_currency\":")
                == "the payload has the unknown key price_area")
        #expect(try problem(replacing: "\"scope_key\":\"", with: "\"scope_key\":null,\"notes2\":\"") != nil)
        #expect(try problem(replacing: "{\"contract", with: "[{\"contract") != nil)
    }

    @Test func `changed fields are the ones that differ, sorted, with both values`() {
        var payloads = RandomPayloads(seed: 5)
        let old = payloads.row()
        var new = old
        #expect(new.changedFields(from: old).isEmpty)
        new.premiumUSD = FixedDecimal(7)
        new.tradeStatus = old.tradeStatus == .busted ? .filled : .busted
        new.underlyingSymbol = (old.underlyingSymbol ?? "") + "X"
        new.isSynthetic = old.isSynthetic == true ? nil : true
        let changes = new.changedFields(from: old)
        // `currency` only repeats the underlying symbol.
        #expect(changes.map(\.field) == ["is_synthetic", "premium_usd", "trade_status", "underlying_symbol"])
        #expect(changes[1].new == .decimal(FixedDecimal(7)))
        #expect(changes[1].old == old.value(named: "premium_usd"))
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `rows are equal exactly where their content is the same bytes`(seed: UInt64) {
        var payloads = RandomPayloads(seed: seed)
        let (row, other) = (payloads.row(), payloads.row())
        #expect(row == row)
        #expect((row == other) == (row.contentBytes() == other.contentBytes()), "seed \(seed)")
        for change in other.changedFields(from: row) {
            var altered = row
            switch change.field {
            case "notes": altered.notes = other.notes
            case "strike": altered.strike = other.strike
            case "expiry": altered.expiry = other.expiry
            case "is_synthetic": altered.isSynthetic = other.isSynthetic
            case "trade_date": altered.tradeDate = other.tradeDate
            case "source_broker": altered.sourceBroker = other.sourceBroker
            default: continue
            }
            #expect(altered != row, "seed \(seed), \(change.field)")
            #expect(altered.changedFields(from: row).map(\.field) == [change.field], "seed \(seed)")
        }
    }

    @Test func `texts that Unicode calls equivalent are different content`() {
        var payloads = RandomPayloads(seed: 6)
        var composed = payloads.row()
        composed.notes = "\u{e9}"
        var decomposed = composed
        decomposed.notes = "e\u{301}"
        #expect(composed != decomposed)
        #expect(decomposed.changedFields(from: composed).map(\.field) == ["notes"])
    }

    @Test func `a decimal written with more digits is the same content`() throws {
        let row = try #require(
            try? ExecutionPayload(decoding: TestFiles.sample("AlphaExecutionRecorded", version: 1)).row)
        var other = row
        other.price = try FixedDecimal("12.10")
        #expect(other == row)
        #expect(other.contentDigest == row.contentDigest)
    }
}
