import LedgerJSON
import LedgerStore
import LedgerValues

/// The change above which a diff fails a build: `any`, `rows>100`, `rows>2.5%`, or `premium_usd>1000` for the movement
/// of a sum. A diff has the sums of all columns that are declared money. `assertions` fails it if an assertion is broken at
/// the diff's position, whatever the diff is of.
package struct DiffThreshold: Sendable, CustomStringConvertible {
    private enum Measure: Sendable {
        /// The number of changed rows.
        case rows
        /// The changed rows in percent of the old version's rows.
        case share
        /// The magnitude of a sum's delta.
        case sum(String)
        /// The number of broken assertions.
        case assertions
    }

    private let measure: Measure
    private let limit: FixedDecimal
    package let description: String

    package init(parsing text: String) throws(DiffThresholdError) {
        description = text
        if text == "any" {
            (measure, limit) = (.rows, .zero)
            return
        }
        if text == "assertions" {
            (measure, limit) = (.assertions, .zero)
            return
        }
        let parts = text.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { throw .malformed(text) }
        let isShare = parts[1].hasSuffix("%")
        guard let number = try? FixedDecimal(String(isShare ? parts[1].dropLast() : parts[1])), !number.isNegative else {
            throw .malformed(text)
        }
        limit = number
        if parts[0] == "rows" {
            measure = isShare ? .share : .rows
        } else {
            if isShare { throw .malformed(text) }
            measure = .sum(String(parts[0]))
        }
    }

    /// The reasons why a diff fails thresholds, each after its threshold. Throws if the diff does not sum up a field.
    package static func faults(of diff: ProjectionDiff, _ thresholds: [DiffThreshold], _ ledger: Ledger) async throws -> [String] {
        let broken = try await assertionFaults(at: diff.position, thresholds, ledger)
        return try thresholds.compactMap { threshold in try threshold.fault(of: diff).map { "\(threshold): \($0)" } } + broken
    }

    /// The same for a group of diffs, each reason with its projection's name.
    package static func faults(of group: GroupDiff, _ thresholds: [DiffThreshold], _ ledger: Ledger) async throws -> [String] {
        let broken = try await assertionFaults(at: group.position, thresholds, ledger)
        return try thresholds.flatMap { threshold in try threshold.faults(of: group).map { "\(threshold): \($0)" } } + broken
    }

    private static func assertionFaults(at position: Int64, _ thresholds: [DiffThreshold], _ ledger: Ledger) async throws -> [String] {
        guard let asked = thresholds.first(where: { if case .assertions = $0.measure { true } else { false } }) else { return [] }
        let broken = try await ledger.brokenAssertions(asOf: position)
        return broken > 0 ? ["\(asked): \(brokenAssertionsText(broken)) at position \(position)"] : []
    }

    /// The reasons why a group of diffs fails, each with its projection's name. Throws if no diff sums up the field.
    package func faults(of group: GroupDiff) throws(DiffThresholdError) -> [String] {
        var faults: [String] = []
        var unknown: DiffThresholdError?
        var isMeasured = false
        for diff in group.diffs {
            do {
                if let fault = try fault(of: diff) { faults.append("\(diff.from.name): \(fault)") }
                isMeasured = true
            } catch {
                unknown = error
            }
        }
        if let unknown, !isMeasured { throw unknown }
        return faults
    }

    /// The reason why the diff fails. Nil if it stays within the threshold. Throws if the diff does not sum up the field.
    package func fault(of diff: ProjectionDiff) throws(DiffThresholdError) -> String? {
        switch measure {
        // No diff tells; see ``faults(of:_:_:)``.
        case .assertions: return nil
        case .rows:
            if ExactNumber(Int(diff.changedRows)) > ExactNumber(limit) { return "\(diff.changedRows) rows differ" }
        case .share:
            // Without any row, every change counts as all of it.
            let share = ExactNumber(Int(diff.changedRows)) * ExactNumber(100)
            if share > ExactNumber(limit) * ExactNumber(Int(max(diff.totalRows, 1))) {
                return "\(diff.changedRows) of \(diff.totalRows) rows differ"
            }
        case .sum(let field):
            let sums = diff.sums
            guard let delta = sums.first(where: { $0.field.isBytewiseEqual(to: field) })?.delta else {
                throw .unknownSum(field, of: diff.from.name, known: sums.map(\.field))
            }
            let moved: ExactNumber? =
                switch delta {
                case .decimal(let value): ExactNumber(value)
                case .exact(let value): value
                default: nil
                }
            if let moved, moved.magnitude > ExactNumber(limit) {
                return "the sum of \(field) moves by \(moved.decimalText)"
            }
        }
        return nil
    }
}

/// Why a threshold can't be compared.
package enum DiffThresholdError: Error, Equatable, CustomStringConvertible {
    case malformed(String)
    /// The diff of the projection has other sums, or none.
    case unknownSum(String, of: String, known: [String])

    package var description: String {
        switch self {
        case .malformed(let text): "expected any, assertions, rows>NUMBER, rows>NUMBER% or FIELD_usd>NUMBER, found `\(text)`"
        case .unknownSum(let field, let projection, let known):
            known.isEmpty
                ? "expected any, rows>NUMBER or rows>NUMBER%, because \(projection) has no sums, found `\(field)`"
                : "expected one of the sums \(known.joined(separator: ", ")), found `\(field)`"
        }
    }
}
