/// Decimal digits as bytes, shared by every text form of this module.

extension UInt8 {
    /// The value of this ASCII byte as a decimal digit, or nil if it is not one.
    @inline(__always)
    var decimalDigit: UInt8? {
        let digit = self &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }

    /// The value of this ASCII byte as a hexadecimal digit of either case, or nil if it is not one.
    @inline(__always)
    var hexDigit: UInt8? {
        if let digit = decimalDigit { return digit }
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }
}

/// The number written by exactly `count` digits from `start`, or nil if a byte is not a digit or the text is too short.
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

/// The number of digits of `value`, 1…20.
@inline(__always)
func decimalWidth(_ value: UInt64) -> Int {
    var width = 1
    var rest = value
    while rest >= 10_000 {
        rest /= 10_000
        width &+= 4
    }
    return width &+ (rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
}

/// Writes the digits of `value` without leading zeros, and returns the number of digits (1…20).
@inline(__always)
package func writeDecimal(_ value: UInt64, to out: UnsafeMutablePointer<UInt8>) -> Int {
    let width = decimalWidth(value)
    writeDecimal(value, width: width, to: out)
    return width
}

/// Writes `value` in exactly `width` (1…20) digits, with leading zeros. The value has no more digits than that.
@inline(__always)
func writeDecimal(_ value: UInt64, width: Int, to out: UnsafeMutablePointer<UInt8>) {
    var rest = value
    var index = width
    while index > 0 {
        index &-= 1
        let quotient = rest / 10
        out[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest &- quotient &* 10)
        rest = quotient
    }
}

/// Appends the bytes that `write` writes into room for `capacity` bytes; `write` returns how many it wrote.
@inline(__always)
func append(capacity: Int, to out: inout [UInt8], _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
        guard let start = buffer.baseAddress else { return }
        out.append(contentsOf: UnsafeBufferPointer(start: start, count: write(start)))
    }
}

/// Appends `value` in exactly `width` (1…20) digits, with leading zeros. The value has no more digits than that.
func appendDecimal(_ value: UInt64, width: Int, to out: inout [UInt8]) {
    append(capacity: 20, to: &out) { start in
        writeDecimal(value, width: width, to: start)
        return width
    }
}

/// Writes the sixteen lower-case hexadecimal digits of `word` from index `start`. The buffer has room for them.
@inline(__always)
func writeHexadecimal(_ word: UInt64, to out: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    for index in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 15
        out[start + index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}

/// Appends the eight bytes of `word`, highest first.
func appendBigEndian(_ word: UInt64, to out: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
        out.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
    }
}

/// The big-endian word of the eight bytes from `start`. The caller has checked that the bytes exist.
func bigEndianWord(in bytes: Span<UInt8>, from start: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in start..<(start + 8) {
        word = word << 8 | UInt64(bytes[index])
    }
    return word
}
