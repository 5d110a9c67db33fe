extension FixedDecimal {
    /// `a × b × c`, exact: price × quantity × multiplier.
    public static func product(_ a: FixedDecimal, _ b: FixedDecimal, _ c: FixedDecimal) -> ExactNumber {
        let (first, second, third) = (Factor(a), Factor(b), Factor(c))
        let (pair, pairOverflows) = first.units.multipliedReportingOverflow(by: second.units)
        if !pairOverflows {
            let scale = first.scale + second.scale + third.scale
            let (all, overflows) = pair.multipliedReportingOverflow(by: third.units)
            if !overflows { return ExactNumber(units: all, scale: scale) }
        }
        return ExactNumber(units: first.units, scale: first.scale)
            * ExactNumber(units: second.units, scale: second.scale)
            * ExactNumber(units: third.units, scale: third.scale)
    }

    /// `a × b × c` rounded once, half to even, to 10 fractional digits, or nil if the result doesn't fit.
    ///
    /// If the factors' digits fit 128 bits together, the product is computed there, without allocation.
    public static func roundedProduct(_ a: FixedDecimal, _ b: FixedDecimal, _ c: FixedDecimal) -> FixedDecimal? {
        let (first, second, third) = (Factor(a), Factor(b), Factor(c))
        let (pair, pairOverflows) = first.units.multipliedReportingOverflow(by: second.units)
        let (all, overflows) = pair.multipliedReportingOverflow(by: third.units)
        if pairOverflows || overflows { return product(a, b, c).rounded() }
        let scale = first.scale + second.scale + third.scale
        switch scale - fractionDigits {
        case 0: return FixedDecimal(units: all)
        case 10: return FixedDecimal(units: divideHalfEven(all, by: unitsPerOne))
        case 20: return FixedDecimal(units: divideHalfEven(all, by: unitsPerOne * unitsPerOne))
        default:
            let (units, tooLarge) = all.multipliedReportingOverflow(by: unitsPerOne)
            return tooLarge ? nil : FixedDecimal(units: units)
        }
    }

    /// A value's units and the number of fractional digits they stand for. Whole numbers, as most quantities
    /// and multipliers are, drop their ten zeros so that products stay narrow.
    private struct Factor {
        let units: Int128
        let scale: Int

        init(_ value: FixedDecimal) {
            if let small = Int64(exactly: value.units) {
                let (whole, fraction) = small.quotientAndRemainder(dividingBy: 10_000_000_000)
                (units, scale) = fraction == 0 ? (Int128(whole), 0) : (value.units, fractionDigits)
            } else {
                let (whole, fraction) = value.units.quotientAndRemainder(dividingBy: unitsPerOne)
                (units, scale) = fraction == 0 ? (whole, 0) : (value.units, fractionDigits)
            }
        }
    }
}
