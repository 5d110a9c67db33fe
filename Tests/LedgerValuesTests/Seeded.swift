/// SplitMix64: the same seed gives the same run. The seed is a test's argument, so a failure shows it.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// A number of 0 to `digits` decimal digits, every length about as likely, of either sign.
    mutating func units(digits: Int) -> Int128 {
        var value: Int128 = 0
        for _ in 0..<Int.random(in: 0...digits, using: &self) {
            value = value * 10 + Int128(Int.random(in: 0...9, using: &self))
        }
        return Bool.random(using: &self) ? value : -value
    }
}
