import BigInt
import LedgerValues
import RandomSupport
import Testing

/// Figures that rows publish: beyond the bound of inputs, up to what 128 bits hold.
@Suite struct PublishedFigureTests {
    @Test func `every figure reads back as it was written`() throws {
        var random = SeededGenerator(seed: 11)
        for round in 0..<20_000 {
            let bits = Int.random(in: 0...127, using: &random)
            let magnitude = UInt128.random(in: 0...(UInt128(1) << 127 - 1), using: &random) >> UInt128(bits)
            let units = round % 2 == 0 ? Int128(magnitude) : -Int128(magnitude)
            let figure = FixedDecimal(units: units)
            #expect(try FixedDecimal(published: figure.description) == figure)
            let isInput = magnitude < UInt128(10_000_000_000_000_000_000_000_000_000)
            #expect((try? FixedDecimal(figure.description)) == (isInput ? figure : nil))
        }
        for units in [Int128.max, .min, .min + 1] {
            let figure = FixedDecimal(units: units)
            #expect(try FixedDecimal(published: figure.description) == figure)
        }
    }

    @Test(arguments: [
        ("17014118346046923173168730371.5884105728", DecimalError.outOfRange),
        ("170141183460469231731687303715", .outOfRange), ("1e19", .outOfRange),
        ("1000000000000000000.00000000001", .tooManyFractionDigits), ("", .notANumber), ("1.", .notANumber),
        ("01000000000000000000", .notANumber), ("1000000000000000000x", .notANumber), ("--1", .notANumber),
    ])
    func whatNoRowPublishesIsRefused(text: String, error: DecimalError) {
        #expect(throws: error) { try FixedDecimal(published: text) }
    }

    @Test func `zeros at the end do not count`() throws {
        #expect(try FixedDecimal(published: "1000000000000000000.50000000000000").description == "1000000000000000000.5")
    }

    @Test func `the text of an exact number is its decimal however large it is`() {
        var random = SeededGenerator(seed: 12)
        for round in 0..<2_000 {
            var sum = ExactNumber.zero
            var units = BigInt(0)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let one = Int128.random(in: Int128.min...Int128.max, using: &random)
                sum += ExactNumber(FixedDecimal(units: one))
                units += (one < 0 ? -1 : 1) * BigInt(one.magnitude)
            }
            let digits = String(String(repeating: "0", count: 11) + String(units.magnitude))
            let whole = digits.dropLast(10).drop { $0 == "0" }
            var fraction = digits.suffix(10)
            while fraction.hasSuffix("0") { fraction.removeLast() }
            let text = (units < 0 ? "-" : "") + (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : ".\(fraction)")
            #expect(sum.decimalText == text, "round \(round)")
        }
        #expect((ExactNumber(FixedDecimal(units: .max)) * ExactNumber(-3)).decimalText == "-51042355038140769519506191114.7652317181")
        #expect(ExactNumber(1).divided(by: ExactNumber(3))?.decimalText == "0.3333333333")
    }
}
