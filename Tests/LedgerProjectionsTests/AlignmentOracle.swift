import Foundation
import LedgerEvents
import LedgerValues
import OptionTrades

/// Alignment worked out a second time, another way, from the same row and stamp.
struct AlignmentOracle {
    let row: ExecutionRow
    let stamp: ContextStampedPayload?

    private struct Impact {
        let signal: String
        let value: String
        let points: Decimal
    }

    /// The columns that rules decide, as texts; nil for null.
    func columns() -> [String: String?] {
        let isLong = row.direction == .buy
        func clamped(_ points: Decimal) -> Decimal {
            let rounded = Decimal(string: PlatformDecimal.text(min(15, max(-15, points)), places: 4)) ?? .nan
            return isLong ? rounded : -rounded
        }
        var impacts: [Impact] = []
        // (50 − p) ÷ 2 and 2 × (2.5 − vrp) where they are within ±15.
        if let p = stamp?.dvolPercentile {
            impacts.append(
                Impact(signal: "dvol_percentile", value: "\(p)", points: clamped((50 - PlatformDecimal.of(p)) / 2)))
        }
        if let vrp = stamp?.vrp {
            impacts.append(Impact(signal: "vrp", value: "\(vrp)", points: clamped(5 - 2 * PlatformDecimal.of(vrp))))
        }
        if let smile = stamp?.smileRichCheap {
            let points: Decimal = smile == "fair" ? 0 : (smile == "cheap") == isLong ? 10 : -10
            impacts.append(Impact(signal: "smile", value: smile, points: points))
        }
        if let gamma = stamp?.gammaRegime {
            let points: Decimal = gamma == "neutral" ? 0 : (gamma == "short_gamma") == isLong ? 6 : -3
            impacts.append(Impact(signal: "gamma_regime", value: gamma, points: points))
        }
        if let term = stamp?.termStructureState {
            let points: Decimal = term == "flat" ? 0 : (term == "near_term_risk") == isLong ? 6 : -3
            impacts.append(Impact(signal: "term_structure", value: term, points: points))
        }
        let counted = impacts.count
        if let status = stamp?.stationarityStatus, status != "insufficient" {
            impacts.append(Impact(signal: "stationarity", value: status, points: status == "stable" ? 4 : -6))
        }
        let isScored =
            row.direction != nil && counted >= 2
            && ["available", "proxy_mapped", "stale"].contains(stamp?.contextQuality ?? "")

        var out: [String: String?] = [:]
        let missing = ["dvol_percentile", "gamma_regime", "smile", "stationarity", "term_structure", "vrp"].filter {
            name in
            !impacts.contains { $0.signal == name }
        }
        out["observed_signal_count"] = "\(impacts.count)"
        out["missing_signals"] = "[" + missing.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        out["assumed_strategy"] = row.direction.map { $0 == .buy ? "long_vol" : "short_vol" }
        out["strategy_intent"] = "unknown"
        out["context_quality"] = stamp?.contextQuality
        out["gamma_regime"] = stamp?.gammaRegime
        out["dvol_percentile"] = stamp?.dvolPercentile.map { "\($0)" }
        out["market_proxy"] = stamp?.marketProxy
        out["mapping_quality"] = stamp?.mappingQuality
        guard isScored else {
            out["alignment_score"] = .some(nil)
            out["alignment_label"] = "insufficient_data"
            out["confidence"] = "0"
            out["confidence_label"] = "low"
            out["drivers"] = "[]"
            out["detractors"] = "[]"
            return out
        }
        let score = min(100, max(0, impacts.reduce(50) { $0 + $1.points }))
        out["alignment_score"] = PlatformDecimal.text(score, places: 4)
        out["alignment_label"] =
            score < 30
            ? "misaligned"
            : score < 45
                ? "weak_alignment"
                : score < 58
                    ? "mixed"
                    : score < 70 ? "partially_aligned" : "aligned"
        // (6 + observed) ÷ 12 times the factors, in hundredths.
        var hundredths: Decimal = 100
        if stamp?.mappingQuality == "proxy_mapped" { hundredths *= Decimal(80) / 100 }
        if stamp?.contextQuality == "stale" { hundredths *= Decimal(70) / 100 }
        switch stamp?.stationarityStatus {
        case "stable": break
        case "unstable": hundredths *= Decimal(60) / 100
        default: hundredths *= Decimal(75) / 100
        }
        let confidence = hundredths * Decimal(6 + impacts.count) / 1200
        out["confidence"] = PlatformDecimal.text(confidence, places: 4)
        out["confidence_label"] =
            confidence >= Decimal(75) / 100 ? "high" : confidence >= Decimal(50) / 100 ? "medium" : "low"
        out["drivers"] = Self.list(impacts.filter { $0.points > 0 })
        out["detractors"] = Self.list(impacts.filter { $0.points < 0 })
        return out
    }

    private static func list(_ impacts: [Impact]) -> String {
        let sorted = impacts.sorted { left, right in
            let (a, b) = (abs(left.points), abs(right.points))
            return a == b ? Array(left.signal.utf8).lexicographicallyPrecedes(Array(right.signal.utf8)) : a > b
        }
        let texts = sorted.map { "{\"impact\":\"\($0.points)\",\"signal\":\"\($0.signal)\",\"value\":\"\($0.value)\"}" }
        return "[" + texts.joined(separator: ",") + "]"
    }
}
