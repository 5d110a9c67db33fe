import BigInt
import LedgerValues
import RandomSupport
import Testing

/// A fraction in lowest terms, the plain way: what ``ExactNumber`` is held against.
private struct Fraction: Equatable {
    var top: BigInt
    var bottom: BigInt

    init(_ top: BigInt, _ bottom: BigInt) {
        let common = BigInt(top.magnitude.greatestCommonDivisor(with: bottom.magnitude))
        let sign: BigInt = bottom < 0 ? -1 : 1
        (self.top, self.bottom) = (sign * top / common, sign * bottom / common)
    }

    init(_ value: FixedDecimal) {
        self.init(BigInt(value.units), BigInt(10).power(10))
    }

    /// Units of 10⁻¹⁰ after rounding half to even to that many digits.
    func rounded(_ digits: Int) -> BigInt {
        let scaled = top * BigInt(10).power(digits)
        var (floor, rest) = scaled.quotientAndRemainder(dividingBy: bottom)
        if rest < 0 { (floor, rest) = (floor - 1, rest + bottom) }
        if rest * 2 > bottom || (rest * 2 == bottom && floor % 2 != 0) { floor += 1 }
        return floor * BigInt(10).power(10 - digits)
    }

    static func + (a: Fraction, b: Fraction) -> Fraction {
        Fraction(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom)
    }
    static func - (a: Fraction, b: Fraction) -> Fraction {
        Fraction(a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom)
    }
    static func * (a: Fraction, b: Fraction) -> Fraction { Fraction(a.top * b.top, a.bottom * b.bottom) }
    static func / (a: Fraction, b: Fraction) -> Fraction { Fraction(a.top * b.bottom, a.bottom * b.top) }
    static func < (a: Fraction, b: Fraction) -> Bool { a.top * b.bottom < b.top * a.bottom }
}

private func fits(_ units: BigInt) -> Bool {
    units.magnitude <= BigUInt(Int128.max)
}

@Suite("Exact arithmetic")
struct ExactNumberTests {
    @Test(arguments: UInt64(1)...60)
    func `chains of operations agree with plain fractions`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var made: [(ExactNumber, Fraction)] = [(ExactNumber(0), Fraction(0, 1)), (ExactNumber(-3), Fraction(-3, 1))]
        for _ in 0..<60 {
            let value = FixedDecimal(units: random.units(digits: Bool.random(using: &random) ? 28 : 13))
            made.append((value.exact, Fraction(value)))
            let (a, plainA) = made[Int.random(in: 0..<made.count, using: &random)]
            let (b, plainB) = made[Int.random(in: 0..<made.count, using: &random)]
            switch Int.random(in: 0..<4, using: &random) {
            case 0: made.append((a + b, plainA + plainB))
            case 1: made.append((a - b, plainA - plainB))
            case 2: made.append((a * b, plainA * plainB))
            default:
                let quotient = a.divided(by: b)
                #expect((quotient == nil) == (plainB.top == 0))
                if let quotient { made.append((quotient, plainA / plainB)) }
            }
            let (last, plain) = made[made.count - 1]
            for digits in [0, 4, 10] {
                let expected = plain.rounded(digits)
                #expect(
                    last.rounded(fractionDigits: digits).map { BigInt($0.units) } == (fits(expected) ? expected : nil))
            }
            #expect(last.isZero == (plain.top == 0) && last.isNegative == (plain.top < 0))
            #expect((a == b) == (plainA == plainB) && (a < b) == (plainA < plainB))
            if a == b { #expect(a.hashValue == b.hashValue) }
            #expect(last.magnitude == (last.isNegative ? -last : last))
            if plain.bottom.bitWidth > 2000 { made.removeLast() }
        }
    }

    @Test(arguments: UInt64(1)...60)
    func `products of three agree with wide integers, exact and rounded`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let values = (0..<3).map { _ -> FixedDecimal in
                let units = random.units(digits: [28, 20, 14, 6].randomElement(using: &random) ?? 28)
                // Whole numbers and halves take ways of their own.
                switch Int.random(in: 0..<3, using: &random) {
                case 0: return FixedDecimal(units: units)
                case 1: return FixedDecimal(units: units - units % 10_000_000_000)
                default: return FixedDecimal(units: units - units % 5_000_000_000)
                }
            }
            let plain = Fraction(values[0]) * Fraction(values[1]) * Fraction(values[2])
            let exact = FixedDecimal.product(values[0], values[1], values[2])
            #expect(exact == values[0].exact * values[1].exact * values[2].exact)
            let expected = plain.rounded(10)
            let rounded = FixedDecimal.roundedProduct(values[0], values[1], values[2])
            #expect(rounded.map { BigInt($0.units) } == (fits(expected) ? expected : nil), "\(values)")
            #expect(exact.rounded() == rounded)
        }
    }

    @Test(arguments: UInt64(1)...40)
    func `values over one divisor are whole numbers, and quotients that are not in lowest terms are rounded alike`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let values = (0..<Int.random(in: 0...12, using: &random)).map { _ -> ExactNumber in
            let (a, b) = (random.units(digits: [28, 13, 3].randomElement(using: &random) ?? 28), random.units(digits: 13))
            let value = FixedDecimal(units: a).exact
            return Bool.random(using: &random) ? value : value.divided(by: FixedDecimal(units: b).exact) ?? value
        }
        let (wholes, divisor) = ExactNumber.overOneDivisor(values)
        #expect(wholes.count == values.count)
        for (whole, value) in zip(wholes, values) {
            #expect(whole == value * divisor && whole.divided(by: divisor) == value)
            // One that no decimal holds is written over its divisor, which is 1.
            let text = "\(whole)"
            #expect(!text.contains(".") && (!text.contains("/") || text.hasSuffix("/1")), "\(text)")
            #expect(whole.rounded(over: divisor) == value.rounded())
        }
        let sum = values.reduce(ExactNumber.zero, +)
        #expect(wholes.reduce(ExactNumber.zero, +).rounded(over: divisor) == sum.rounded())
        for (value, other) in zip(values, values.dropFirst()) {
            #expect(value.rounded(over: other) == value.divided(by: other)?.rounded())
        }
        #expect(sum.rounded(over: .zero) == nil)
    }

    @Test(
        "Halves go to the even neighbour, on both sides of zero",
        arguments: [
            ("0.5", 0, "0"), ("1.5", 0, "2"), ("2.5", 0, "2"), ("-0.5", 0, "0"), ("-1.5", 0, "-2"), ("-2.5", 0, "-2"),
            ("0.00005", 4, "0"), ("0.00015", 4, "0.0002"), ("0.00025", 4, "0.0002"), ("0.0002500001", 4, "0.0003"),
            ("-0.00025", 4, "-0.0002"), ("1.23456789", 10, "1.23456789"),
        ])
    func halfEven(text: String, digits: Int, expected: String) throws {
        #expect(try FixedDecimal(text).exact.rounded(fractionDigits: digits)?.description == expected)
    }

    @Test func `a product rounds once, half to even, in the eleventh digit`() throws {
        let tiny = try FixedDecimal("0.0000000005")
        let tenth = try FixedDecimal("0.1")
        #expect(FixedDecimal.roundedProduct(tiny, tenth, FixedDecimal(1)) == .zero)
        #expect(
            try FixedDecimal.roundedProduct(FixedDecimal("0.0000000015"), tenth, FixedDecimal(1))
                == FixedDecimal("0.0000000002"))
        #expect(
            try FixedDecimal.roundedProduct(FixedDecimal("-0.0000000015"), tenth, FixedDecimal(1))
                == FixedDecimal("-0.0000000002"))
        #expect(try FixedDecimal.roundedProduct(FixedDecimal("1e17"), FixedDecimal("1e17"), FixedDecimal(1)) == nil)
    }

    @Test func `thirds are exact until they are published`() throws {
        let third = try #require(ExactNumber(1).divided(by: ExactNumber(3)))
        #expect(third.rounded()?.description == "0.3333333333")
        #expect(third + third + third == ExactNumber(1))
        #expect(third.description == "1/3")
        #expect((third * ExactNumber(6)).description == "2")
        #expect(ExactNumber(-1).divided(by: ExactNumber(-3)) == third)
        #expect(ExactNumber(1).divided(by: .zero) == nil)
        #expect(Set([third, try #require(ExactNumber(2).divided(by: ExactNumber(6)))]).count == 1)
    }
}
