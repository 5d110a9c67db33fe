import LedgerEvents
import LedgerExplanations
import LedgerProjections
import LedgerValues

/// A lifecycle's executions, matched again first in, first out, step by step. The code is independent of
/// `FIFOMatching`, which published the row.
struct ExplainedMatching {
    struct Match {
        let open: ExplainedExecution
        let close: ExplainedExecution
        let quantity: FixedDecimal
    }

    struct Lot {
        let execution: ExplainedExecution
        var remaining: FixedDecimal
    }

    /// The effect of one execution.
    struct Turn {
        let execution: ExplainedExecution
        /// The lots that the execution consumed, oldest first.
        var closed: [(lot: ExplainedExecution, quantity: FixedDecimal, left: FixedDecimal)] = []
        var opened: FixedDecimal?
    }

    /// All executions, in order.
    let members: [ExplainedExecution]
    private(set) var turns: [Turn] = []
    private(set) var matches: [Match] = []
    private(set) var lots: [Lot] = []
    private(set) var cycleCount = 0

    /// - Parameter members: the counted executions of the group, in any order
    init(_ members: [ExplainedExecution]) {
        self.members = members.sorted { ExecutionOrder.precedes($0.row, $1.row) }
        for execution in self.members {
            guard let side = execution.row.direction, let quantity = execution.row.quantity else { continue }
            var turn = Turn(execution: execution)
            var left = quantity
            while left > .zero, let oldest = lots.first, oldest.execution.row.direction != side {
                let matched = min(left, oldest.remaining)
                matches.append(Match(open: oldest.execution, close: execution, quantity: matched))
                left -= matched
                turn.closed.append((oldest.execution, matched, oldest.remaining - matched))
                if matched == oldest.remaining { lots.removeFirst() } else { lots[0].remaining -= matched }
            }
            if left > .zero {
                if lots.isEmpty { cycleCount += 1 }
                lots.append(Lot(execution: execution, remaining: left))
                turn.opened = left
            }
            turns.append(turn)
        }
    }

    var unmatched: [ExplainedExecution] {
        members.filter { $0.row.direction == nil || $0.row.quantity == nil }
    }

    /// The contracts of one side, over the executions that match.
    func total(_ side: Direction) -> FixedDecimal {
        turns.reduce(.zero) { sum, turn in
            turn.execution.row.direction == side ? sum + (turn.execution.row.quantity ?? .zero) : sum
        }
    }

    var closedQuantity: FixedDecimal { matches.reduce(.zero) { $0 + $1.quantity } }
    var netQuantity: FixedDecimal { total(.buy) - total(.sell) }
}

extension Worksheet {
    /// One step for each execution: the lots that it consumed, and the lot that it opened.
    mutating func turns(of matching: ExplainedMatching) {
        for turn in matching.turns {
            let row = turn.execution.row
            let id = row.sourceTradeID
            inputs(turn.execution, "direction", "quantity", "trade_date", prefix: id)
            guard let side = row.direction, let quantity = row.quantity else { continue }
            var words = turn.closed.map { closed in
                "closes \(closed.quantity) of \(closed.lot.row.sourceTradeID) (\(closed.left) left)"
            }
            if let opened = turn.opened { words.append("opens a lot of \(opened)") }
            step("\(id) \(side == .buy ? "buys" : "sells") \(quantity)", words.joined(separator: ", "), Shown(turn.opened ?? .zero))
        }
        for execution in matching.unmatched {
            inputs(execution, "direction", "quantity", prefix: execution.row.sourceTradeID)
            note("\(execution.row.sourceTradeID) lacks a direction or a quantity: it never matches")
        }
    }
}
