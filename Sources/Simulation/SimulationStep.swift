import RandomSupport

/// What a step of a history does.
package enum SimulationStep: String, Sendable, CaseIterable {
    case changeAndSync = "change_and_sync"
    case syncFully = "sync_fully"
    /// The feed fails after a page.
    case failToSync = "fail_to_sync"
    /// The same sync twice: the second appends how it ended, and nothing else.
    case syncAgain = "sync_again"
    case observe
    case stamp
    case benchmark
    case mark
    /// Some projections fold what came in.
    case fold
    /// A view is read as of a position, and the answer is remembered.
    case remember
    /// Remembered answers are asked for again.
    case recall
    /// Every served projection is folded anew and compared.
    case replay
    case rebuild
    /// Other rules are built and promoted.
    case promote
    case rollBack = "roll_back"
    case sign
    /// The ledger is closed and opened again.
    case reopen
    case audit

    /// How often it comes, among all.
    private var weight: Int {
        switch self {
        case .changeAndSync: 10
        case .observe, .remember: 5
        case .stamp, .benchmark, .mark, .fold: 3
        case .syncFully, .recall, .syncAgain: 2
        case .failToSync, .replay, .rebuild, .promote, .rollBack, .sign, .reopen, .audit: 1
        }
    }

    static func random(_ random: inout SeededGenerator) -> SimulationStep {
        var left = random.number(0...allCases.reduce(0) { $0 + $1.weight } - 1)
        for step in allCases {
            left -= step.weight
            if left < 0 { return step }
        }
        return .changeAndSync
    }
}
