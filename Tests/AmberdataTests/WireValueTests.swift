import LedgerEvents
import LedgerJSON
import LedgerValues
import RandomSupport
import Testing

@testable import Amberdata

/// Numbers and times as the vendor writes them.
@Suite("Amberdata's numbers and times")
struct WireValueTests {
    private static func value(_ json: String) throws -> JSONValue { try JSONDocument(parsing: Array(json.utf8)).root }

    private static func decimal(_ json: String) throws -> String? {
        WireValue.decimal(try value(json)).map { "\($0.value)\($0.isRounded ? " rounded" : "")" }
    }

    @Test(arguments: [
        ("0.06499999761581421", "0.0649999976 rounded"), ("12.5", "12.5"), (#""12.5""#, "12.5"), ("4e-05", "0.00004"),
        ("0.12345678905", "0.123456789 rounded"), ("0.12345678915", "0.1234567892 rounded"),
        ("0.123456789050000000001", "0.1234567891 rounded"), ("-0.12345678915", "-0.1234567892 rounded"),
        ("1.12345678901e0", "1.123456789 rounded"), ("1.12345678901e-0", "1.123456789 rounded"),
        ("1.12345678901e+0", "1.123456789 rounded"), ("1.12345678901E+3", "1123.45678901"),
        ("112345.678901e-10", "0.0000112346 rounded"), ("1e-11", "0 rounded"), ("5e-11", "0 rounded"),
        ("5.1e-11", "0.0000000001 rounded"), ("15e-11", "0.0000000002 rounded"), ("-1e-11", "0 rounded"),
        ("1e-999999999999999999999", "0 rounded"), ("1.50000000000000000", "1.5"), (#""1.00000000005""#, "1 rounded"),
        ("999999999999999999.99999999994", "999999999999999999.9999999999 rounded"),
        ("8.73250412635467E17", "873250412635467000"),
    ])
    func `Numbers are read from their digits, half to even from the eleventh on`(json: String, text: String) throws {
        #expect(try Self.decimal(json) == text)
    }

    @Test(arguments: [
        "null", "true", "[]", "{}", #""""#, #""x""#, #""NaN""#, #""0x10""#, #"" 1""#, #""+1""#, "1e18", "-1e400",
        "999999999999999999.99999999995", "1e999999999999999999999",
    ])
    func `What is no number, and what no decimal holds, is null`(json: String) throws {
        #expect(try Self.decimal(json) == nil)
        #expect(WireValue.exact(try Self.value(json)) == nil)
    }

    @Test func `A member that is not there is null`() {
        #expect(WireValue.decimal(nil) == nil && WireValue.instant(nil) == nil && WireValue.exact(nil) == nil)
    }

    @Test func `Random digits are rounded as arithmetic with whole numbers has it`() throws {
        for seed in 0..<20_000 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let number = RandomNumber(using: &random)
            let found = try #require(WireValue.decimal(try Self.value(number.text)), "seed \(seed): \(number.text)")
            let expected = number.rounded()
            #expect(found.value.units == expected.units, "seed \(seed): \(number.text)")
            #expect(found.isRounded == expected.isRounded, "seed \(seed): \(number.text)")
            let exact = try #require(WireValue.exact(try Self.value(number.text)))
            #expect(exact.rounded() == found.value, "seed \(seed): \(number.text)")
            #expect((exact == ExactNumber(found.value)) == !found.isRounded, "seed \(seed): \(number.text)")
        }
    }

    @Test(arguments: [
        "1734706859501", #""1734706859501""#, "1734706859501.0", "1.734706859501E12", #""2024-12-20T15:00:59.501Z""#,
        #""2024-12-20T15:00:59.501000Z""#, #""2024-12-20T10:00:59.501-05:00""#, #""2024-12-20 15:00:59 501""#,
    ])
    func `Times come as milliseconds, as ISO 8601 and with spaces`(json: String) throws {
        #expect(WireValue.instant(try Self.value(json)) == Wire.instant("2024-12-20T15:00:59.501Z"))
    }

    @Test(arguments: [
        "-62135596800000", #""-62135596800000""#, #""0001-01-01T00:00:00.000Z""#, #""0001-01-01 00:00:00 000""#, "null",
        #""""#, #""soon""#, "true", "[]", "-1", "7258118400000", "9223372036854775807", "1e17", #""2024-12-20""#,
        #""2024-12-20 15:00:00""#, #""2024-12-20 15:00:00.000""#, #""2024-12-20 15:60:00 000""#,
        #""2024-13-20 15:00:00 000""#, #""2024-12-20 15:00:00 00x""#, #""2024-12-20 15:00:00 000 ""#,
        #""2024-12-20T15:00:00""#,
    ])
    func `No date, and text that is none, is null`(json: String) throws {
        #expect(WireValue.instant(try Self.value(json)) == nil)
    }

    @Test func `A time in milliseconds is the same in each form`() throws {
        for seed in 0..<2_000 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let milliseconds = Int64.random(in: 0..<7_258_118_400_000, using: &random)
            let expected = try #require(Instant(microseconds: milliseconds * 1000))
            let part = "\(milliseconds % 1000 + 1000)".dropFirst()
            let second = expected.description.prefix(19)
            let forms = [
                "\(milliseconds)", "\"\(milliseconds)\"", "\"\(expected)\"", "\"\(second).\(part)Z\"",
                "\"\(second.replacing("T", with: " ")) \(part)\"",
            ]
            for form in forms { #expect(WireValue.instant(try Self.value(form)) == expected, "seed \(seed): \(form)") }
        }
    }
}

/// A number of at most 37 digits that stays below 10^18, as text and as whole numbers.
private struct RandomNumber {
    let text: String
    private let isNegative: Bool
    /// The value is significand ÷ 10^scale.
    private let significand: Int128
    private let scale: Int

    init(using random: inout SeededGenerator) {
        let whole = Int.random(in: 1...9, using: &random)
        let fraction = Int.random(in: 0...22, using: &random)
        var digits = (0..<(whole + fraction)).map { _ in Int.random(in: 0...9, using: &random) }
        if whole > 1, digits[0] == 0 { digits[0] = 1 }
        // Exact halves, and those that are nearly so, are rare by chance.
        if fraction > 11, Bool.random(using: &random) {
            for index in (whole + 10)..<digits.count { digits[index] = index == whole + 10 ? 5 : 0 }
            if Bool.random(using: &random) { digits[digits.count - 1] = 1 }
        }
        isNegative = Bool.random(using: &random)
        let exponent = Bool.random(using: &random) ? Int.random(in: -9...9, using: &random) : nil
        significand = digits.reduce(0) { $0 * 10 + Int128($1) }
        scale = fraction - (exponent ?? 0)
        var text = isNegative ? "-" : ""
        text += digits[..<whole].map(String.init).joined()
        if fraction > 0 { text += "." + digits[whole...].map(String.init).joined() }
        if let exponent {
            let sign = exponent < 0 || Bool.random(using: &random) ? "" : "+"
            text += (Bool.random(using: &random) ? "e" : "E") + sign + "\(exponent)"
        }
        self.text = text
    }

    /// In units of 10⁻¹⁰.
    func rounded() -> (units: Int128, isRounded: Bool) {
        var units = significand
        for _ in 0..<max(0, 10 - scale) { units *= 10 }
        var divisor: Int128 = 1
        for _ in 0..<max(0, scale - 10) { divisor *= 10 }
        let (quotient, rest) = units.quotientAndRemainder(dividingBy: divisor)
        let goesUp = rest * 2 > divisor || rest * 2 == divisor && quotient % 2 == 1
        return ((quotient + (goesUp ? 1 : 0)) * (isNegative ? -1 : 1), rest != 0)
    }
}
