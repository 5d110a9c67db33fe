/// Decimal digits as bytes, shared by every text form of this module.

extension UInt8 {
    /// The digit that this ASCII byte stands for, nil where it is none.
    @inline(__always)
    var decimalDigit: UInt8? {
        let digit = self &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }

    /// The value of this ASCII byte as a hexadecimal digit of either case, nil where it is none.
    @inline(__always)
    var hexDigit: UInt8? {
        if let digit = decimalDigit { return digit }
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }
}

/// The number that exactly `count` digits from `start` make, nil where they are not all digits or the
/// text is too short.
@inline(__always)
func decimalNumber(in text: Span<UInt8>, from start: Int, count: Int) -> Int? {
    guard start + count <= text.count else { return nil }
    var value = 0
    for index in start..<(start + count) {
        guard let digit = text[index].decimalDigit else { return nil }
        value = value &* 10 &+ Int(digit)
    }
    return value
}

/// 10 to the power of `exponent` (0…19).
@inline(__always)
func powerOfTen(_ exponent: Int) -> UInt64 {
    var power: UInt64 = 1
    for _ in 0..<exponent {
        power &*= 10
    }
    return power
}

/// Appends the digits of `value`, without leading zeros.
func appendDecimal(_ value: UInt64, to out: inout [UInt8]) {
    var width = 1
    var rest = value
    while rest >= 10 {
        rest /= 10
        width += 1
    }
    appendDecimal(value, width: width, to: &out)
}

/// Appends exactly `width` (1…20) digits of `value`, which has no more of them, with leading zeros.
func appendDecimal(_ value: UInt64, width: Int, to out: inout [UInt8]) {
    if width == 2 {
        out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
        out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
        return
    }
    let start = out.count
    for _ in 0..<width {
        out.append(UInt8(ascii: "0"))
    }
    var rest = value
    var index = start + width
    while rest > 0 {
        index -= 1
        let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
        out[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
        rest = quotient
    }
}

/// Appends two lower-case hexadecimal digits for each of the eight bytes of `word`, the highest first.
func appendHexadecimal(_ word: UInt64, to out: inout [UInt8]) {
    for shift in stride(from: 60, through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
        out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}

/// Appends the eight bytes of `word`, the highest first.
func appendBigEndian(_ word: UInt64, to out: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
        out.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
    }
}

/// The word whose bytes, the highest first, stand at `start`. The caller has checked that there are eight.
func bigEndianWord(in bytes: Span<UInt8>, from start: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in start..<(start + 8) {
        word = word << 8 | UInt64(bytes[index])
    }
    return word
}
