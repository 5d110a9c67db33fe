import RandomSupport

extension SeededGenerator {
    /// A generator for one step of a history, which depends on no other step.
    init(seed: UInt64, step: Int) {
        var first = SeededGenerator(seed: seed ^ (UInt64(truncatingIfNeeded: step) &* 0xd134_2543_de82_ef95))
        self.init(seed: first.next())
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func chance(_ one: Int, in all: Int) -> Bool { number(0...all - 1) < one }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }
}
