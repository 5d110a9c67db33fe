import LedgerJSON
import LedgerProjections
import LedgerRules
package import LedgerValues
package import OptionTrades

/// The surface of implied volatility read as tenors.
package struct IVSurfaceQuestion: ResearchQuestion {
    package let underlying: String
    package var from: CalendarDate?
    package var to: CalendarDate?
    /// Days. Nil for those of the rules.
    package var tenors: [Int]?

    package init(underlying: String) { self.underlying = underlying }

    /// Reads `7,14,30`: days from 1 to 3650, at most 20.
    package static func tenors(parsing text: String) throws(ViewError) -> [Int] {
        let days = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let known = days.compactMap { $0 }
        guard known.count == days.count, known.allSatisfy({ (1...3650).contains($0) }), known.count <= 20 else {
            throw .badParameter(name: "tenors", expected: "at most 20 numbers of days from 1 to 3650, as in 7,14,30")
        }
        return known
    }

    package var name: String { "iv-surface" }
    package var views: [View] { [.ivSurface, .optionChains] }
    package var key: String {
        let days = tenors.map { $0.map { "\($0)" }.joined(separator: ",") } ?? ""
        return "\(underlying)|\(from?.description ?? "")|\(to?.description ?? "")|\(days)"
    }

    package func document(_ rows: ResearchRows) throws -> [UInt8] {
        let rules = try rows.rules(of: .ivSurface, IVSurfaceRules.init(version:read:))
        let own = RowFilter.equals(column: "underlying", value: underlying)
        let end = to.map { [RowFilter.beforeDate(column: "market_date", $0)] } ?? []
        let dates = try rows.marketDays(of: underlying, [own] + (from.map { [.fromDate(column: "market_date", $0)] } ?? []) + end)
        var surface: [JSONDocument] = []
        if let first = dates.first?.date, let start = first.advanced(byDays: -rules.percentileDays) {
            // The latest date before may lie before the days of the percentile.
            var before = [own, .beforeDate(column: "market_date", start)]
            while let last = try rows.last(.ivSurface, before), let date = last.root["market_date"]?.date {
                let day = try rows.rows(
                    .ivSurface, [own, .fromDate(column: "market_date", date)] + date.dayEnd)
                surface = day
                if day.contains(where: { $0.root["timestamp"]?.isNull == false }) { break }
                before = [own, .beforeDate(column: "market_date", date)]
            }
            try rows.stream(.ivSurface, [own, .fromDate(column: "market_date", start)] + end) { surface.append($0) }
        }
        let read = IVSurfaceTenors(
            of: underlying, from: from, to: to, tenors: tenors ?? rules.defaultTenors, dates: dates, rows: surface, rules)
        return JSONWriter.bytes(reservingCapacity: 1 << 14) { read.write(to: &$0) }
    }
}

/// Gamma exposure over several expiries of a date.
package struct ExposureQuestion: ResearchQuestion {
    package let underlying: String
    /// Nil for the latest up to the reader's now.
    package var marketDate: CalendarDate?
    package var slice = ExposureSlice.Choice.near

    package init(underlying: String) { self.underlying = underlying }

    /// Reads `near`, `monthly` or `all`.
    package static func slice(parsing text: String) throws(ViewError) -> ExposureSlice.Choice {
        guard let slice = ExposureSlice.Choice(rawValue: text) else {
            throw .badParameter(name: "slice", expected: ExposureSlice.Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return slice
    }

    package var name: String { "exposure" }
    package var views: [View] { [.exposure, .optionChains] }
    package var key: String { "\(underlying)|\(marketDate?.description ?? "")|\(slice.rawValue)" }

    package func document(_ rows: ResearchRows) throws -> [UInt8] {
        let rules = try rows.rules(of: .exposure, ExposureRules.init(version:read:))
        let own = RowFilter.equals(column: "underlying", value: underlying)
        let date = try marketDate ?? rows.latestDate(of: underlying, .exposure, rules.dates)
        var counted: [CountedChain] = []
        var warnings: [String] = []
        if let date {
            let day = [own, RowFilter.fromDate(column: "market_date", date)] + date.dayEnd
            for row in try rows.rows(.exposure, day) {
                guard let expiry = row.root["expiry"]?.date else { continue }
                let chain = try rows.chain(of: row.root)
                counted.append(
                    CountedChain(
                        underlying: underlying, marketDate: date, expiry: expiry, chain: chain, isIncomplete: false,
                        latest: chain?.timestamp ?? .minimum))
            }
            warnings = try rows.rows(.optionChains, day).flatMap { $0.root["warnings"]?.elements.compactMap(\.string) ?? [] }
        }
        let slice = ExposureSlice(of: underlying, on: date, slice, counted, dateWarnings: warnings, rules)
        return JSONWriter.bytes(reservingCapacity: 1 << 14) { slice.write(to: &$0) }
    }
}

extension ResearchRows {
    /// The market dates with a chain that counts, ascending, with the tokens of incomplete chains on each.
    func marketDays(of underlying: String, _ filters: [RowFilter]) throws -> [IVSurfaceTenors.MarketDay] {
        var days: [(date: CalendarDate, hasChain: Bool, warnings: [String])] = []
        try stream(.optionChains, filters) { document in
            var row = OrderedMembers(document.root)
            guard let date = row.value("market_date")?.date else { return }
            if days.last?.date != date { days.append((date, false, [])) }
            if row.value("timestamp")?.isNull == false { days[days.count - 1].hasChain = true }
            for token in row.value("warnings")?.elements.compactMap(\.string) ?? [] { days[days.count - 1].warnings.append(token) }
        }
        return days.filter(\.hasChain).map { IVSurfaceTenors.MarketDay(date: $0.date, warnings: $0.warnings) }
    }

    /// The latest market date up to the reader's now on which a row of a view has a chain that counts.
    func latestDate(of underlying: String, _ view: View, _ dates: MarketDateRules) throws -> CalendarDate? {
        let own = RowFilter.equals(column: "underlying", value: underlying)
        var end = dates.date(at: now, of: underlying)?.next
        while let before = end {
            guard
                let date = try last(view, [own, .beforeDate(column: "market_date", before)])?.root["market_date"]?.string
                    .flatMap({ CalendarDate($0) })
            else { return nil }
            let day = try rows(view, [own, .fromDate(column: "market_date", date), .beforeDate(column: "market_date", before)])
            if day.contains(where: { $0.root["timestamp"]?.isNull == false }) { return date }
            end = date
        }
        return nil
    }
}

extension CalendarDate {
    fileprivate var next: CalendarDate? { advanced(byDays: 1) }

    /// The condition that a market date is not after this one.
    fileprivate var dayEnd: [RowFilter] { next.map { [.beforeDate(column: "market_date", $0)] } ?? [] }
}
