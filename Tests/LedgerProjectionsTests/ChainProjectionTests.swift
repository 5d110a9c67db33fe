import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import OptionTrades
import TestSupport
import Testing

/// Chains, surfaces and exposure: rows of hand-worked chains.
@Suite struct ChainProjectionTests {
    private func warnings(_ row: JSONValue?) -> [String] { row?["warnings"]?.elements.compactMap(\.string) ?? [] }

    @Test func `a chain's row is that of the latest complete chain of the day, in New York's days`() throws {
        var log = ChainLog()
        let call = try option("100", .call, mark: "2")
        try log.add("2026-01-30T15:00:00Z", expiry: "2026-02-20", [call])
        try log.add("2026-01-31T04:59:59Z", expiry: "2026-02-20", forward: "100.5", [call, try option("100", .put, mark: "1")])
        try log.add("2026-01-31T05:00:00Z", expiry: "2026-02-20", [call])
        let rows = try log.rows("option_chains")
        #expect(rows.map { $0["market_date"]?.string } == ["2026-01-30", "2026-01-31"])
        let digest = Digest32(
            sha256Of: Array(
                (#"[{"ask":null,"bid":null,"delta":null,"gamma":null,"iv":null,"last":null,"mark":"2","open_interest":null,"#
                    + #""option_type":"call","strike":"100","theta":null,"vega":null,"volume":null},"#
                    + #"{"ask":null,"bid":null,"delta":null,"gamma":null,"iv":null,"last":null,"mark":"1","open_interest":null,"#
                    + #""option_type":"put","strike":"100","theta":null,"vega":null,"volume":null}]"#).utf8))
        #expect(
            rows[0].sourceText
                == #"{"dte":21,"expiry":"2026-02-20","forward":"100.5","market_date":"2026-01-30","multiplier":"100","n_rows":2,"#
                + #""open_interest_date":null,"part_positions":[2],"rows_digest":"\#(digest)","source":"alpaca","spot":"100","#
                + #""timestamp":"2026-01-31T04:59:59Z","underlying":"MSTR","warnings":[]}"#)
    }

    @Test func `crypto lives by UTC, and other markets by New York`() throws {
        var log = ChainLog()
        let call = try option("100", .call)
        for underlying in ["BTC", "MSTR"] { try log.add("2026-01-31T03:00:00Z", expiry: "2026-02-20", underlying: underlying, [call]) }
        #expect(try log.rows("option_chains").map { $0["market_date"]?.string } == ["2026-01-31", "2026-01-30"])
    }

    @Test func `while a chain arrives or is corrected part by part the one before counts, with a warning`() throws {
        var log = ChainLog()
        let (low, high) = (try option("90", .call), try option("110", .call))
        func counted(_ position: Int64 = .max) throws -> (JSONValue?, [String]) {
            let row = try log.rows("option_chains", upTo: position).first
            return (row?["timestamp"], warnings(row))
        }
        let token = ["incomplete_chain:2026-02-20"]
        try log.add("2026-01-30T15:00:00Z", expiry: "2026-02-20", part: 1, of: 2, [low])
        #expect(try counted().0?.isNull == true && counted().1 == token)
        try log.add("2026-01-30T15:00:00Z", expiry: "2026-02-20", part: 2, of: 2, [high])
        #expect(try counted().0?.string == "2026-01-30T15:00:00Z" && counted().1 == [])
        // A later one: its second part says another spot, then the same.
        try log.add("2026-01-30T16:00:00Z", expiry: "2026-02-20", part: 1, of: 2, [low])
        try log.add("2026-01-30T16:00:00Z", expiry: "2026-02-20", part: 2, of: 2, spot: "101", [high])
        #expect(try counted().0?.string == "2026-01-30T15:00:00Z" && counted().1 == token)
        try log.add("2026-01-30T16:00:00Z", expiry: "2026-02-20", part: 2, of: 2, [high])
        #expect(try counted().0?.string == "2026-01-30T16:00:00Z" && counted().1 == [])
        // A correction of one part, whose rows overlap, is incomplete again.
        try log.add("2026-01-30T16:00:00Z", expiry: "2026-02-20", part: 2, of: 2, [low])
        #expect(try counted().0?.string == "2026-01-30T15:00:00Z" && counted().1 == token)
        // Part 1 says that it is the only one: the other is ignored. The digest covers its rows alone.
        try log.add("2026-01-30T16:00:00Z", expiry: "2026-02-20", part: 1, of: 1, [low])
        let row = try log.rows("option_chains").first
        #expect(row?["n_rows"]?.integer == 1 && row?["part_positions"]?.elements.map(\.integer) == [7] && warnings(row) == [])
        // A late chain of an earlier hour changes nothing, complete or not.
        try log.add("2026-01-30T14:00:00Z", expiry: "2026-02-20", part: 2, of: 2, [high])
        #expect(try counted().0?.string == "2026-01-30T16:00:00Z" && counted().1 == [])
    }

    @Test func `a surface's row is worked out by the rules`() throws {
        var log = ChainLog()
        try log.add(
            "2026-01-30T15:00:00Z", expiry: "2026-02-20",
            [
                option("90", .put, mark: "1", iv: "70", delta: "-0.25"), option("95", .put, mark: "2", iv: "65", delta: "-0.4"),
                option("100", .call, bid: "4", ask: "4.5", iv: "60", delta: "0.52"),
                option("100", .put, bid: "0", ask: "1", last: "3.5", iv: "61", delta: "-0.48"),
                option("110", .call, mark: "1.5", iv: "55", delta: "0.27"), option("110", .put, iv: "0", delta: "-0.73"),
                option("120", .call, mark: "0.5", iv: "54.5", delta: "0.1"), option("130", .call, mark: "0.1", iv: "56", delta: "1.5"),
            ])
        let rows = try log.rows("iv_surface")
        // atm: (60 + 61) ÷ 2; straddle 4.25 + 3.5; 25Δ: 70 − 55; 10Δ: the nearest put is at 0.25, too far.
        #expect(
            rows.map(\.sourceText) == [
                #"{"atm_iv":"60.5","atm_strike":"100","call_mark_source":"mid","contracts_used":7,"delta_buckets":["#
                    + #"{"avg_iv":"54.5","delta_bucket":"d00_20","median_iv":"54.5","n_contracts":1,"option_type":"call"},"#
                    + #"{"avg_iv":"55","delta_bucket":"d20_40","median_iv":"55","n_contracts":1,"option_type":"call"},"#
                    + #"{"avg_iv":"60","delta_bucket":"d40_60","median_iv":"60","n_contracts":1,"option_type":"call"},"#
                    + #"{"avg_iv":null,"delta_bucket":"d60_80","median_iv":null,"n_contracts":0,"option_type":"call"},"#
                    + #"{"avg_iv":null,"delta_bucket":"d80_100","median_iv":null,"n_contracts":0,"option_type":"call"},"#
                    + #"{"avg_iv":null,"delta_bucket":"d00_20","median_iv":null,"n_contracts":0,"option_type":"put"},"#
                    + #"{"avg_iv":"70","delta_bucket":"d20_40","median_iv":"70","n_contracts":1,"option_type":"put"},"#
                    + #"{"avg_iv":"63","delta_bucket":"d40_60","median_iv":"63","n_contracts":2,"option_type":"put"},"#
                    + #"{"avg_iv":null,"delta_bucket":"d60_80","median_iv":null,"n_contracts":0,"option_type":"put"},"#
                    + #"{"avg_iv":null,"delta_bucket":"d80_100","median_iv":null,"n_contracts":0,"option_type":"put"}],"dte":21,"#
                    + #""expected_move_pct":"0.0775","expiry":"2026-02-20","market_date":"2026-01-30","parity_gap_pp":"-1","#
                    + #""part_positions":[1],"put_mark_source":"last","skew_10d_pp":null,"skew_25d_pp":"15","source":"alpaca","#
                    + #""spot":"100","straddle_mark":"7.75","timestamp":"2026-01-30T15:00:00Z","underlying":"MSTR","#
                    + #""warnings":["delta_too_far:10","stale_last"]}"#
            ])
    }

    @Test func `each figure of a surface that can't be defended is null, and a token says why`() throws {
        func row(_ rows: [ChainRow], spot: String? = "100") throws -> JSONValue {
            var log = ChainLog()
            try log.add("2026-01-30T15:00:00Z", expiry: "2026-02-20", spot: spot, rows)
            return try #require(try log.rows("iv_surface").first)
        }
        let call = try option("100", .call, mark: "1", iv: "50", delta: "0.25")
        let put = try option("100", .put, mark: "0", iv: "52", delta: "-0.25")
        for spot in [nil, "0", "-1"] {
            let without = try row([call, put], spot: spot)
            #expect(warnings(without) == ["missing_spot"] && without["delta_buckets"]?.isNull == true)
            #expect(without["contracts_used"]?.isNull == true && without["atm_strike"]?.isNull == true)
            #expect(without["source"]?.string == "alpaca" && without["timestamp"]?.isNull == false)
        }
        let apart = try row([try option("90", .put, iv: "50", delta: "-0.25"), call])
        #expect(warnings(apart) == ["delta_too_far:10", "no_atm_strike"] && apart["straddle_mark"]?.isNull == true)
        #expect(apart["skew_25d_pp"]?.string == "0" && apart["atm_iv"]?.isNull == true)
        let oneSided = try row([call, try option("100", .put, iv: "-3")])
        #expect(warnings(oneSided) == ["delta_too_far:10", "missing_delta", "no_mark:100P", "one_sided_atm_iv"])
        #expect(oneSided["atm_iv"]?.string == "50" && oneSided["parity_gap_pp"]?.isNull == true)
        let none = try row([try option("100", .call), try option("100", .put)])
        #expect(warnings(none) == ["missing_atm_iv", "missing_delta", "no_mark:100C", "no_mark:100P"])
        #expect(none["contracts_used"]?.integer == 0 && none["delta_buckets"]?.count == 10)
        // A mark of 0 is a mark, and of two strikes as near the lower is at the money.
        let tied = try row([
            try option("95", .call, mark: "0", iv: "40"), try option("95", .put, mark: "0", iv: "42"),
            try option("105", .call, mark: "1", iv: "50"), try option("105", .put, mark: "1", iv: "50"),
        ])
        #expect(tied["atm_strike"]?.string == "95" && tied["straddle_mark"]?.string == "0" && tied["atm_iv"]?.string == "41")
    }

    @Test func `expiries of the day have no surface, and expired ones no exposure`() throws {
        var log = ChainLog()
        let call = try option("100", .call, gamma: "0.01", interest: "10")
        // 16:00 in New York is 21:00Z in winter.
        try log.add("2026-01-30T20:59:00Z", expiry: "2026-01-30", [call])
        try log.add("2026-01-29T21:00:00Z", expiry: "2026-01-29", [call])
        try log.add("2026-01-30T08:00:00Z", expiry: "2026-01-30", underlying: "BTC", [call])
        #expect(try log.rows("option_chains").count == 3 && log.rows("iv_surface").isEmpty)
        #expect(try log.rows("exposure").map { $0["expiry"]?.string } == ["2026-01-30"])
    }

    @Test func `exposure is gamma, open interest, multiplier and spot, calls above zero and puts below`() throws {
        var log = ChainLog()
        try log.add(
            "2026-01-30T15:00:00Z", expiry: "2026-02-20", spot: "50",
            [
                option("45", .put, gamma: "0.02", interest: "100"), option("50", .call, gamma: "0.04", interest: "30"),
                option("50", .put, gamma: "0.04", interest: "10"), option("55", .call, gamma: nil, interest: "7"),
                option("60", .call, gamma: "0.01", interest: nil),
            ])
        // 50² × 0.01 × 100 = 2500 a unit of gamma × open interest.
        #expect(
            try log.rows("exposure").map(\.sourceText) == [
                #"{"dte":21,"expiry":"2026-02-20","gamma_coverage":"0.8","market_date":"2026-01-30","oi_coverage":"0.8","#
                    + #""open_interest_date":null,"part_positions":[1],"source":"alpaca","spot":"50","strikes":["#
                    + #"{"call_gex":null,"call_oi":null,"net_gex":"-5000","put_gex":"-5000","put_oi":"100","strike":"45"},"#
                    + #"{"call_gex":"3000","call_oi":"30","net_gex":"2000","put_gex":"-1000","put_oi":"10","strike":"50"},"#
                    + #"{"call_gex":null,"call_oi":"7","net_gex":null,"put_gex":null,"put_oi":null,"strike":"55"},"#
                    + #"{"call_gex":null,"call_oi":null,"net_gex":null,"put_gex":null,"put_oi":null,"strike":"60"}],"#
                    + #""timestamp":"2026-01-30T15:00:00Z","total_call_gex":"3000","total_net_gex":"-3000","total_put_gex":"-6000","#
                    + #""underlying":"MSTR","warnings":["missing_gamma","missing_open_interest"]}"#
            ])
        var empty = ChainLog()
        try empty.add(
            "2026-01-30T15:00:00Z", expiry: "2026-02-20", spot: "0", multiplier: nil, [option("45", .put, gamma: "1", interest: "1")])
        let row = try empty.rows("exposure").first
        #expect(warnings(row) == ["missing_multiplier", "missing_spot"] && row?["total_net_gex"]?.isNull == true)
        #expect(row?["oi_coverage"]?.string == "1" && row?["strikes"]?.count == 1)
    }
}
