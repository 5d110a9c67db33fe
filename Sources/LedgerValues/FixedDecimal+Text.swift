extension FixedDecimal {
    /// Reads a number in the JSON grammar (RFC 8259), exponent allowed.
    ///
    /// Trailing zeros do not count: `1.50000000000000` and `15e-1` are the same value, and `0e999999` is zero. A
    /// number that is too large is `outOfRange` even if it also has too many fractional digits. Linear in the length
    /// of the text, whatever the exponent, and without allocation.
    public init(parsing text: Span<UInt8>) throws(DecimalError) {
        let count = text.count
        var index = 0
        var negative = false
        if index < count, text[index] == UInt8(ascii: "-") {
            negative = true
            index += 1
        }
        // Up to 19 digits fit 64 bits; longer numbers, and numbers with an exponent, are read digit by digit.
        let digitsStart = index
        var significand: UInt64 = 0
        while index < count, let digit = text[index].decimalDigit {
            significand = significand &* 10 &+ UInt64(digit)
            index += 1
        }
        let wholeDigits = index - digitsStart
        guard wholeDigits > 0 else { throw .notANumber }
        if wholeDigits > 1, text[digitsStart] == UInt8(ascii: "0") { throw .notANumber }
        var fractionDigits = 0
        if index < count, text[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            while index < count, let digit = text[index].decimalDigit {
                significand = significand &* 10 &+ UInt64(digit)
                index += 1
            }
            fractionDigits = index - start
            guard fractionDigits > 0 else { throw .notANumber }
        }
        if index == count, wholeDigits <= 18, fractionDigits <= 10, wholeDigits + fractionDigits <= 19 {
            let magnitude = Int128(significand) &* Int128(powerOfTen(Self.fractionDigits - fractionDigits))
            self.init(units: negative ? -magnitude : magnitude)
            return
        }
        var exponent = 0
        if index < count {
            exponent = try Self.exponent(in: text, from: index)
        }
        let end = index
        try self.init(
            digits: text, from: digitsStart, to: end, wholeDigits: wholeDigits, exponent: exponent, negative: negative)
    }

    /// Reads a number in the JSON grammar; see ``init(parsing:)``.
    public init(_ text: String) throws(DecimalError) {
        try self.init(parsing: text.utf8Span.span)
    }

    /// Reads a published figure. Unlike ``init(parsing:)``, which applies the bound of inputs, it accepts any value
    /// that 128 bits hold (up to about 1.7 × 10^28). An exponent beyond the bound of inputs is `outOfRange`, because
    /// decimal text has no exponents.
    public init(published text: String) throws(DecimalError) {
        do {
            self = try FixedDecimal(text)
        } catch {
            guard error == .outOfRange else { throw error }
            try self.init(wide: text.utf8)
        }
    }

    /// Reads a number whose grammar is already known to be right; an exponent is `outOfRange`.
    private init(wide text: String.UTF8View) throws(DecimalError) {
        // Counts down from zero, because the lowest number has no positive counterpart.
        var units: Int128 = 0
        var places: Int?
        func shift(_ digit: UInt8) throws(DecimalError) {
            let (product, productOverflows) = units.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = product.subtractingReportingOverflow(Int128(digit))
            if productOverflows || overflows { throw .outOfRange }
            units = sum
        }
        for byte in text where byte != UInt8(ascii: "-") {
            if byte == UInt8(ascii: ".") {
                places = 0
                continue
            }
            guard let digit = byte.decimalDigit else { throw .outOfRange }
            if let count = places {
                if count == Self.fractionDigits, digit != 0 { throw .tooManyFractionDigits }
                if count == Self.fractionDigits { continue }
                places = count + 1
            }
            try shift(digit)
        }
        for _ in (places ?? 0)..<Self.fractionDigits { try shift(0) }
        if text.first == UInt8(ascii: "-") {
            self.init(units: units)
        } else {
            if units == .min { throw .outOfRange }
            self.init(units: -units)
        }
    }

    /// The signed exponent written from `start` (the `e`) to the end. An exponent too large to matter is clamped to a
    /// bound that no text in memory can outweigh.
    private static func exponent(in text: Span<UInt8>, from start: Int) throws(DecimalError) -> Int {
        guard text[start] | 0x20 == UInt8(ascii: "e") else { throw .notANumber }
        var index = start + 1
        var negative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            negative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < text.count else { throw .notANumber }
        var value = 0
        while index < text.count {
            guard let digit = text[index].decimalDigit else { throw .notANumber }
            value = min(value * 10 + Int(digit), 1 << 56)
            index += 1
        }
        return negative ? -value : value
    }

    /// The value of the digits (one point allowed) at `start..<end`, `wholeDigits` of them before the point, times
    /// 10^exponent.
    private init(
        digits text: Span<UInt8>, from start: Int, to end: Int, wholeDigits: Int, exponent: Int, negative: Bool
    ) throws(DecimalError) {
        // The powers of ten of the first and the last digit that is not zero.
        var power = wholeDigits - 1 + exponent
        var firstPower: Int?
        var lastPower = 0
        for index in start..<end {
            let byte = text[index]
            if byte == UInt8(ascii: ".") { continue }
            if byte != UInt8(ascii: "0") {
                firstPower = firstPower ?? power
                lastPower = power
            }
            power -= 1
        }
        guard let firstPower else {
            self.init(units: 0)
            return
        }
        guard firstPower < 18 else { throw .outOfRange }
        guard lastPower >= -Self.fractionDigits else { throw .tooManyFractionDigits }
        // At most 28 digits remain, which 128 bits hold.
        var magnitude: Int128 = 0
        power = wholeDigits - 1 + exponent
        for index in start..<end where power >= lastPower {
            guard let digit = text[index].decimalDigit else { continue }
            magnitude = magnitude &* 10 &+ Int128(digit)
            power -= 1
        }
        for _ in 0..<(lastPower + Self.fractionDigits) {
            magnitude = magnitude &* 10
        }
        self.init(units: negative ? -magnitude : magnitude)
    }
}

extension FixedDecimal: CustomStringConvertible {
    /// The largest number of bytes of a value's text.
    public static let longestText = 41

    /// Appends the shortest decimal text: no exponent, no leading `+`, no trailing fractional zeros, no
    /// trailing point, zero as `0`. Without allocation if `out` has room (at most ``longestText`` bytes).
    public func write(to out: inout [UInt8]) {
        append(capacity: Self.longestText, to: &out) { write(at: $0) }
    }

    /// Writes the text that ``write(to:)`` appends at an address with room for ``longestText`` bytes, and returns the
    /// number of bytes written.
    public func write(at out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = 0
        if units < 0 {
            out[0] = UInt8(ascii: "-")
            at = 1
        }
        let magnitude = units.magnitude
        let one = UInt64(Self.unitsPerOne)
        let fraction: UInt64
        if let small = UInt64(exactly: magnitude) {
            let whole = small / one
            fraction = small &- whole &* one
            at &+= writeDecimal(whole, to: out + at)
        } else {
            let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: UInt128(one))
            fraction = UInt64(truncatingIfNeeded: remainder)
            // Values beyond the bound of inputs can have a whole part beyond 64 bits.
            let (high, low) = quotient.quotientAndRemainder(dividingBy: 10_000_000_000_000_000_000)
            if high > 0 {
                at &+= writeDecimal(UInt64(truncatingIfNeeded: high), to: out + at)
                writeDecimal(UInt64(truncatingIfNeeded: low), width: 19, to: out + at)
                at &+= 19
            } else {
                at &+= writeDecimal(UInt64(truncatingIfNeeded: low), to: out + at)
            }
        }
        return fraction == 0 ? at : at &+ Self.write(fraction: fraction, to: out + at)
    }

    /// Writes the point and the digits of a fraction, given in units, above zero and below one.
    private static func write(fraction: UInt64, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var rest = fraction
        var width = fractionDigits
        if rest % 100_000_000 == 0 {
            rest /= 100_000_000
            width = 2
        } else if rest % 10_000 == 0 {
            rest /= 10_000
            width = 6
        }
        while rest % 10 == 0 {
            rest /= 10
            width &-= 1
        }
        out[0] = UInt8(ascii: ".")
        writeDecimal(rest, width: width, to: out + 1)
        return width &+ 1
    }

    /// The shortest decimal text, as ``write(to:)`` appends it.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(41)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
