import Foundation
import LedgerEvents
import LedgerValues
import OptionTrades
import SampleScope
import Synchronization
import TestSupport
import Testing

/// Whole histories from a seed: failures at every call, commits of unknown outcome, processes that die anywhere, orders
/// that can't be seen for a while, and in a third of them a database whose clock is set forward and back. Whatever happens, an intent has at most one order, and in the end the ledger and the
/// broker agree.
@Suite struct ScheduleTests {
    /// Random numbers that several callbacks share.
    private final class Chance: Sendable {
        private let generator: Mutex<SeededGenerator>
        init(_ seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }
        func number(_ range: Range<Int>) -> Int { generator.withLock { Int.random(in: range, using: &$0) } }
        func happens(oneIn count: Int) -> Bool { number(0..<count) == 0 }
        func pick<Value>(_ values: [Value]) -> Value { values[number(0..<values.count)] }
    }

    /// How many histories are made; `scripts/broker-torture --histories` makes more.
    private static let count = ProcessInfo.processInfo.environment["ALPHA_LEDGER_BROKER_HISTORIES"].flatMap { UInt64($0) } ?? 300

    @Test(arguments: 0..<count)
    func `an intent has at most one order, whatever fails`(seed: UInt64) async throws {
        let chance = Chance(seed)
        let world = try BrokerWorld()
        // Half of the brokers would take a second order: nobody may send one.
        if seed % 2 == 0 { world.broker.acceptDuplicates() }
        world.broker.hideOrders(seconds: chance.pick([0, 0, 3, 30, 90]))
        for ticker in ["SPY", "QQQ", "XLF"] {
            world.broker.setFate(chance.pick([.fills, .fillsInPart, .rests, .isRejected, .fillsLate, .isReplaced]), of: ticker)
        }
        let calm = Flag()
        world.broker.setFailures { [log = world.log] method, _, _ in
            if seed % 3 == 0, !calm.isSet, chance.happens(oneIn: 15) {
                log.offset = chance.pick([0, 0, 0, 2, -2, 30, -30, 400, -400, 3600, -3600])
            }
            guard !calm.isSet, chance.happens(oneIn: method == "POST" ? 2 : 12) else { return nil }
            return chance.pick(SampleBrokerFailure.allCases)
        }
        world.log.setFaults { _ in !calm.isSet && chance.happens(oneIn: 25) ? chance.pick([.before, .after]) : nil }
        let count = 2 + chance.number(0..<4)
        for number in 0..<count {
            let isSale = chance.happens(oneIn: 5)
            try await world.retrying {
                try await world.intend(
                    "I-\(number)", chance.pick(["SPY", "SPY", "QQQ", "XLF", "IWM"]), chance.pick([.call, .put]), isSale ? .sell : .buy)
            }
        }
        for _ in 0..<(2 + chance.number(0..<4)) {
            let dispatcher = try world.dispatcher()
            if chance.happens(oneIn: 2) {
                world.crashNext(chance.pick(["POST", "POST", "GET", "DELETE"]), afterEffect: chance.happens(oneIn: 2))
            }
            try await world.run(dispatcher, seconds: Double(1 + chance.number(0..<200)))
            if chance.happens(oneIn: 6) { try? await world.halt() }
            if chance.happens(oneIn: 5), let state = world.book().states.first(where: { $0.submission != nil && $0.cancelRequest == nil }) {
                try? await world.append(
                    CancelRequestedPayload(source: "sample_broker", intentID: state.intent.intentID, requestedBy: "test", reason: "test"))
            }
            try check(world, seed)
        }
        calm.set()
        world.log.offset = 0
        if world.book().isHalted { try await world.resume() }
        try await world.run(try world.dispatcher(), seconds: 1500)
        try check(world, seed)
        try checkEnd(world, seed)
    }

    /// What holds at any time.
    private func check(_ world: BrokerWorld, _ seed: UInt64) throws {
        let book = world.book()
        let ids = world.broker.clientOrderIDs
        #expect(Set(ids).count == ids.count, "seed \(seed): a second order")
        for id in ids {
            let state = try #require(book.intent(clientOrderID: id), "seed \(seed): an order without a submission")
            #expect(state.simulation == nil && state.cancellation == nil && state.refusal == nil, "seed \(seed): \(id)")
            #expect(state.expiry == nil, "seed \(seed): an order of an expired intent")
            #expect(state.mode != .pending && state.mode != .simulatedFallback, "seed \(seed)")
        }
        for state in book.states where state.acknowledgement != nil {
            #expect(ids.contains(state.submission?.body.clientOrderID ?? ""), "seed \(seed): an acknowledged order that does not exist")
        }
        #expect(!["foreign_order", "late_order"].contains(book.halt?.reason), "seed \(seed)")
    }

    /// What holds after the failures have ended.
    private func checkEnd(_ world: BrokerWorld, _ seed: UInt64) throws {
        let book = world.book()
        for state in book.states { #expect(!state.isUnresolved, "seed \(seed): \(state.intent.intentID) is unresolved") }
        // Executions are the fills.
        var net: [String: Int] = [:]
        for execution in book.executions.values {
            let quantity = Int((execution.row.quantity ?? .zero).units / FixedDecimal.unitsPerOne)
            net[execution.row.optionSymbol ?? "", default: 0] += execution.row.direction == .buy ? quantity : -quantity
        }
        #expect(net.filter { $0.value != 0 } == world.broker.holdings, "seed \(seed)")
        #expect(world.broker.holdings.values.allSatisfy { $0 > 0 }, "seed \(seed): sold short")
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }
}

extension BrokerWorld {
    /// Repeats what a failure of the log interrupts; identities make that safe.
    func retrying(_ body: () async throws -> Void) async throws {
        for _ in 0..<20 {
            do { return try await body() } catch is DispatchLogError {}
        }
    }
}
