import Testing

@testable import LedgerPostgres

@Suite("Pool state")
struct PoolStateTests {
    private typealias State = PoolState<Int, Int>

    @Test func `requests are granted up to the maximum and then wait in line`() {
        var state = State(maximum: 2)
        for waiter in 0..<2 {
            guard case .granted(.permit) = state.request(waiter) else {
                Issue.record("no permit")
                return
            }
        }
        guard case .mustWait = state.request(2), case .mustWait = state.request(3) else {
            Issue.record("granted beyond the maximum")
            return
        }
        guard case .grant(2, .connection(7)) = state.giveBack(7), case .grant(3, .permit) = state.giveBackPermit()
        else {
            Issue.record("not in the order they came")
            return
        }
        #expect(state.leased == 2)
    }

    @Test(arguments: 0..<100)
    func `never more than the maximum are out, and every waiter is served`(seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((random >> 33) % UInt64(bound))
        }
        let maximum = 1 + next(4)
        var state = State(maximum: maximum)
        var out: [Int?] = []
        var waiting: [Int] = []
        var made = 0
        func take(_ grant: State.Grant) {
            switch grant {
            case .connection(let connection): out.append(connection)
            case .permit:
                made += 1
                out.append(made)
            }
        }
        for step in 0..<300 {
            switch next(4) {
            case 0, 1:
                switch state.request(step) {
                case .granted(let grant): take(grant)
                case .mustWait: waiting.append(step)
                case .closed: Issue.record("closed")
                }
            case 2:
                guard !out.isEmpty else { continue }
                let connection = out.remove(at: next(out.count))
                let followup = next(4) == 0 ? state.giveBackPermit() : state.giveBack(connection ?? 0)
                if case .grant(let waiter, let grant) = followup {
                    #expect(waiter == waiting.removeFirst(), "seed \(seed)")
                    take(grant)
                }
            default:
                guard !waiting.isEmpty else { continue }
                let waiter = waiting[next(waiting.count)]
                let isFirstTime = state.withdraw(waiter)
                let isSecondTime = state.withdraw(waiter)
                #expect(isFirstTime && !isSecondTime, "seed \(seed)")
                waiting.removeAll { $0 == waiter }
            }
            #expect(out.count == state.leased && out.count <= maximum, "seed \(seed)")
            #expect(state.waiterCount == waiting.count, "seed \(seed)")
            #expect(waiting.isEmpty || out.count == maximum, "seed \(seed)")
            #expect(out.count + state.idleCount <= maximum, "seed \(seed)")
        }
    }

    @Test func `a closed pool grants nothing and closes what comes back`() {
        var state = State(maximum: 1)
        _ = state.request(0)
        _ = state.request(1)
        let waiters = state.close().waiters
        #expect(waiters == [1])
        guard case .closed = state.request(2), case .close(5) = state.giveBack(5) else {
            Issue.record("still open")
            return
        }
        #expect(state.leased == 0)
    }
}
