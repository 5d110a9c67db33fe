import LedgerEvents
import LedgerJSON
package import LedgerValues

/// An assertion with the events that stated it and withdrew it.
package struct StatedAssertion: Sendable {
    package let stated: AssertionStatedPayload
    package let position: Int64
    package let statedAt: Instant
    package fileprivate(set) var withdrawal: Withdrawal?

    package struct Withdrawal: Sendable {
        package let payload: AssertionWithdrawnPayload
        package let position: Int64
        package let withdrawnAt: Instant
    }

    init(_ stated: AssertionStatedPayload, position: Int64, statedAt: Instant, withdrawal: Withdrawal? = nil) {
        self.stated = stated
        self.position = position
        self.statedAt = statedAt
        self.withdrawal = withdrawal
    }
}

/// The trades of one holding, of any status, and what operators state of it.
package struct AssertedHolding: Sendable {
    package let key: HoldingKey
    /// The trades, each with its latest row, in the order of executions. Only source, portfolio and contract make the group.
    var group: LifecycleGroup
    /// In the bytewise order of their ids.
    private(set) var assertions: [StatedAssertion]
    /// The position of the latest event about the holding.
    var checkedPosition: Int64

    init(key: HoldingKey, group: LifecycleGroup? = nil, assertions: [StatedAssertion] = [], checkedPosition: Int64 = 0) {
        self.key = key
        self.group = group ?? LifecycleGroup(key: Self.groupKey(key))
        self.assertions = assertions.sorted { $0.stated.assertionID.isBytewiseLess(than: $1.stated.assertionID) }
        self.checkedPosition = checkedPosition
    }

    private static func groupKey(_ key: HoldingKey) -> LifecycleKey {
        LifecycleKey(
            source: key.source, sourcePortfolio: key.sourcePortfolio, underlyingSymbol: nil, contractKey: key.contractKey,
            optionType: nil, strike: nil, expiry: nil)
    }

    var isEmpty: Bool { group.isEmpty && assertions.isEmpty }

    private func index(of id: String) -> Int? { assertions.firstIndex { $0.stated.assertionID.isBytewiseEqual(to: id) } }

    mutating func record(_ assertion: StatedAssertion) {
        if let index = index(of: assertion.stated.assertionID) { assertions.remove(at: index) }
        let place = assertions.firstIndex { assertion.stated.assertionID.isBytewiseLess(than: $0.stated.assertionID) }
        assertions.insert(assertion, at: place ?? assertions.count)
    }

    /// Does nothing for an assertion that the holding does not have.
    mutating func withdraw(_ withdrawal: StatedAssertion.Withdrawal) {
        if let index = index(of: withdrawal.payload.assertionID) { assertions[index].withdrawal = withdrawal }
    }

    /// The holding without trades dated after an instant, and without assertions about a later one.
    func effective(by instant: Instant) -> AssertedHolding {
        AssertedHolding(
            key: key, group: group.effective(by: instant), assertions: assertions.filter { $0.stated.asOf <= instant },
            checkedPosition: checkedPosition)
    }
}

/// An assertion beside what the ledger has (docs/contract/assertions.md, "Check"). All arithmetic is exact.
package struct CheckedAssertion: Sendable {
    package enum State: String, Sendable, CaseIterable {
        /// The ledger's value is within the tolerance.
        case holds
        case broken
        /// An execution lacks a field that the value needs, or the value does not fit. It is neither right nor wrong.
        case indeterminate
        case withdrawn
    }

    package let assertion: StatedAssertion
    /// The executions up to the stated instant, in order.
    package let tradeIDs: [String]
    /// The fields that the value needs and that at least one execution lacks, sorted bytewise.
    package let missingFields: [String]
    /// Nil if a field is missing. 0 only if the executions add up to it, or if there are none.
    package let ledgerValue: FixedDecimal?
    /// The ledger's value less the stated one.
    package let difference: FixedDecimal?
    package let tolerance: FixedDecimal
    package let state: State
    /// The positions of the executions' latest events.
    package let executionPositions: [Int64]

    package init(_ assertion: StatedAssertion, of holding: AssertedHolding, rules: AssertionsRules) {
        let stated = assertion.stated
        let counted = holding.group.members.filter { $0.tradeDate <= stated.asOf && $0.isExecution(rules.trades) }
        var sum = ExactNumber.zero
        var missing: Set<ByteKey> = []
        for member in counted {
            if let part = member.part(of: stated.kind, rules.trades, &missing) { sum += part }
        }
        self.assertion = assertion
        tradeIDs = counted.map(\.tradeID)
        missingFields = missing.sorted().map(\.text)
        ledgerValue = missing.isEmpty ? sum.rounded() : nil
        tolerance = stated.tolerance ?? rules.tolerance(of: stated.kind)
        executionPositions = counted.map(\.position)
        let apart = ledgerValue.map { ExactNumber($0) - ExactNumber(stated.value) }
        difference = apart.flatMap { $0.rounded() }
        if assertion.withdrawal != nil {
            state = .withdrawn
        } else if let apart {
            state = apart.magnitude > ExactNumber(tolerance) ? .broken : .holds
        } else {
            state = .indeterminate
        }
    }
}

extension LifecycleMember {
    /// What an execution adds to the value of a kind. Nil, with the missing fields noted, if it is not known.
    fileprivate func part(
        of kind: AssertionKind, _ rules: TradesRules, _ missing: inout Set<ByteKey>
    ) -> ExactNumber? {
        if direction == nil { missing.insert("direction") }
        let amount: FixedDecimal?
        switch kind {
        case .quantity:
            let isContracts = quantityUnit.map { rules.contractUnits.contains($0) } ?? true
            if !isContracts { missing.insert("quantity_unit") }
            if quantity == nil { missing.insert("quantity") }
            amount = isContracts ? quantity : nil
        case .premium, .cash:
            amount = premium(rules).usd
            if amount == nil { missing.insert("entry_premium_usd") }
            if kind == .cash, feesUSD == nil { missing.insert("fees_usd") }
        }
        guard let direction, let amount else { return nil }
        let exact = ExactNumber(amount)
        switch kind {
        case .quantity: return direction == .buy ? exact : -exact
        case .premium: return direction == .buy ? -exact : exact
        case .cash: return feesUSD.map { (direction == .buy ? -exact : exact) - ExactNumber($0) }
        }
    }
}
