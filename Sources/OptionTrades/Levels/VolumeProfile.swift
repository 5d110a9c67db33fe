package import LedgerValues

/// The volume of a day's minute bars by price.
package struct VolumeProfile: Sendable {
    package struct Bin: Sendable {
        package let low: ExactNumber
        package let high: ExactNumber
        package var volume = ExactNumber.zero
        package fileprivate(set) var share: ExactNumber?
        package fileprivate(set) var isPointOfControl = false
        package fileprivate(set) var isHigh = false
        package fileprivate(set) var isLow = false
    }

    /// From the lowest price to the highest. Empty without volume.
    package private(set) var bins: [Bin] = []

    package init(of bars: some Sequence<Bar>, _ rules: LevelsRules) {
        let priced = bars.compactMap { bar in bar.price.map { (price: $0, volume: bar.tradedVolume) } }
        let total = priced.reduce(ExactNumber.zero) { $0 + $1.volume }
        guard !total.isZero, let low = priced.map(\.price).min(), let high = priced.map(\.price).max(),
            let width = (high - low).divided(by: ExactNumber(rules.bins))
        else { return }
        bins =
            low == high
            ? [Bin(low: low, high: high)]
            : (0..<rules.bins).map { index in
                Bin(
                    low: low + width * ExactNumber(index),
                    high: index + 1 == rules.bins ? high : low + width * ExactNumber(index + 1))
            }
        for (price, volume) in priced {
            let place = bins.lastIndex { $0.low <= price } ?? 0
            bins[place].volume += volume
        }
        mark(total, rules)
    }

    private mutating func mark(_ total: ExactNumber, _ rules: LevelsRules) {
        let volumes = bins.map(\.volume).filter { !$0.isZero }.sorted()
        let (high, low) = (Self.percentile(rules.highPercentile, of: volumes), Self.percentile(rules.lowPercentile, of: volumes))
        let control = bins.indices.max { bins[$0].volume < bins[$1].volume || bins[$0].volume == bins[$1].volume && $0 > $1 }
        for index in bins.indices {
            let volume = bins[index].volume
            bins[index].share = volume.divided(by: total)
            bins[index].isPointOfControl = index == control
            if volume.isZero { continue }
            bins[index].isHigh = high.map { volume >= $0 } ?? false
            bins[index].isLow = low.map { volume <= $0 } ?? false
        }
    }

    /// The percentile of ascending values, linear between neighbours.
    static func percentile(_ hundredths: Int, of values: [ExactNumber]) -> ExactNumber? {
        guard let last = values.last else { return nil }
        let (index, rest) = (hundredths * (values.count - 1)).quotientAndRemainder(dividingBy: 100)
        guard index + 1 < values.count, let share = ExactNumber(rest).divided(by: ExactNumber(100)) else { return last }
        return values[index] + (values[index + 1] - values[index]) * share
    }
}
