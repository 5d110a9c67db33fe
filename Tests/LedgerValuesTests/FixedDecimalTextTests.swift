import LedgerValues
import RandomSupport
import Testing

@Suite("Decimal text")
struct FixedDecimalTextTests {
    @Test(
        "The text is the shortest one",
        arguments: [
            ("0", "0"), ("-0", "0"), ("-0.000", "0"), ("0e999999999999999999999", "0"), ("0.0E-99999", "0"),
            ("1", "1"), ("-1.5", "-1.5"), ("12.10", "12.1"), ("100", "100"), ("1e2", "100"), ("1E+2", "100"),
            ("15e-1", "1.5"), ("1.50000000000000000000000000000000", "1.5"), ("100e-12", "0.0000000001"),
            ("0.0000000001", "0.0000000001"), ("999999999999999999.9999999999", "999999999999999999.9999999999"),
            ("-999999999999999999.9999999999", "-999999999999999999.9999999999"), ("466630651.75", "466630651.75"),
            ("0.00000000000000000000000000001e29", "1"), ("123456789012345678", "123456789012345678"),
            ("1234567890123456789e-1", "123456789012345678.9"),
            ("100000000000000000000000000000000000000000000e-40", "10000"), ("9e17", "900000000000000000"),
        ])
    func shortest(text: String, expected: String) throws {
        #expect(try FixedDecimal(text).description == expected)
    }

    @Test(
        "What is no JSON number is refused",
        arguments: [
            "", "-", "+1", ".5", "1.", "01", "-01", "00", "1e", "1e+", "1e-", "1.e1", "1 ", " 1", "1e1.5", "0x10",
            "1_000",
            "1,5", "NaN", "Infinity", "--1", "1-", "1e5x", "١", "1.5e", "1.2.3", "null", "1\u{0}",
        ])
    func notANumber(text: String) {
        #expect(throws: DecimalError.notANumber) { try FixedDecimal(text) }
    }

    @Test(
        "An eleventh fractional digit is refused unless it is zero",
        arguments: ["0.00000000001", "1e-11", "1.00000000001", "123456789.12345678901", "1e-999999999999999999999"])
    func tooManyDigits(text: String) {
        #expect(throws: DecimalError.tooManyFractionDigits) { try FixedDecimal(text) }
    }

    @Test(
        "An absolute value of 10^18 or more is refused, whatever its fraction",
        arguments: [
            "1000000000000000000", "-1000000000000000000", "1e18", "1e999999999999999999999", "0.1e19",
            "1000000000000000000.00000000001", "9999999999999999999999999999999999999999", "1.5e400",
        ])
    func outOfRange(text: String) {
        #expect(throws: DecimalError.outOfRange) { try FixedDecimal(text) }
    }

    @Test(arguments: UInt64(1)...50)
    func `text and value round trip`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let value = FixedDecimal(units: random.units(digits: 28))
            let text = value.description
            #expect(try FixedDecimal(text) == value)
            var bytes: [UInt8] = Array("x".utf8)
            value.write(to: &bytes)
            #expect(bytes == Array("x\(text)".utf8))
        }
    }

    @Test(arguments: UInt64(1)...50)
    func `any spelling of a number reads as the same value`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let value = FixedDecimal(units: random.units(digits: 28))
            guard !value.isZero else { continue }
            let digits = String(value.units.magnitude)
            let sign = value.isNegative ? "-" : ""
            // Moves the point anywhere and makes up for it in the exponent.
            let shift = Int.random(in: -40...40, using: &random)
            let zeros = String(repeating: "0", count: Int.random(in: 0...30, using: &random))
            var text = "\(sign)\(digits)"
            if shift < 0 { text = "\(sign)0." + String(repeating: "0", count: -shift) + digits + zeros }
            if shift > 0 { text += String(repeating: "0", count: shift) + ".0" + zeros }
            let exponent = shift < 0 ? -shift + digits.count - 10 : -shift - 10
            #expect(try FixedDecimal("\(text)e\(exponent)") == value, "\(text)e\(exponent)")
        }
    }

    @Test func `sums beyond every input's bound still have a text`() {
        #expect(FixedDecimal(units: .max).description == "17014118346046923173168730371.5884105727")
        #expect(FixedDecimal(units: .min).description == "-17014118346046923173168730371.5884105728")
        #expect(
            FixedDecimal(units: 100_000_000_000_000_000_000_000_000_000_000).description == "10000000000000000000000")
    }

    @Test func `whole numbers, signs and order`() throws {
        #expect(FixedDecimal(-7).description == "-7")
        #expect(FixedDecimal(0) == .zero && FixedDecimal.zero.isZero && !FixedDecimal.zero.isNegative)
        #expect((-FixedDecimal(3)).magnitude == FixedDecimal(3))
        let sorted = try ["-2", "-1.5", "0", "0.0000000001", "1", "10"].map { text in try FixedDecimal(text) }
        #expect(sorted.shuffled().sorted() == sorted)
        #expect(try FixedDecimal("0.1") + FixedDecimal("0.2") == FixedDecimal("0.3"))
        #expect(try FixedDecimal("0.1") - FixedDecimal("0.2") == FixedDecimal("-0.1"))
    }
}
