import RandomSupport

extension SeededGenerator {
    /// A number of 0 to `digits` decimal digits, every length about as likely, of either sign.
    mutating func units(digits: Int) -> Int128 {
        var value: Int128 = 0
        for _ in 0..<Int.random(in: 0...digits, using: &self) {
            value = value * 10 + Int128(Int.random(in: 0...9, using: &self))
        }
        return Bool.random(using: &self) ? value : -value
    }
}
