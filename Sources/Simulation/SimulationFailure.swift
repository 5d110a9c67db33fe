/// What did not hold, or an error that a step ended with.
package struct SimulationFailure: Error, Sendable, CustomStringConvertible {
    package let seed: UInt64
    /// The number of the step, from 0.
    package let number: Int
    package let step: SimulationStep
    package let problem: String
    /// The numbers of the steps that are enough to see it; nil for all up to it.
    package var steps: [Int]?

    package var description: String { "seed \(seed), step \(number) (\(step.rawValue)): \(problem)" }
}

/// A claim of the model that the ledger does not keep.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
