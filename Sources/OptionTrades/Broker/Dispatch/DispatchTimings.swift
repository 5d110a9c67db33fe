package import LedgerJSON
package import LedgerRules
package import LedgerValues

/// The waits of a dispatcher, in seconds. None of them changes a decision.
package struct DispatchTimings: Sendable, Equatable {
    package var postTimeout = 10.0
    package var lease = 15.0
    /// After a POST of unknown outcome, the seconds until each look.
    package var looks = [1.0, 2, 5, 15, 60]
    /// The seconds between later looks.
    package var lookEvery = 60.0
    package var notFoundFor = 120.0
    package var resendWithin = 600.0
    package var emptyLooksApart = 60.0
    package var followEvery = 5.0
    package var consultEvery = 60.0
    package var factsFreshFor = 60.0
    package var clockSkewThrough = 5.0
    package var ordersBeforeSubmission = 60.0
    package var lateFillsWithin = 600.0
    /// A session in place of the calendar's, for demonstrations on loopback.
    package var session: SessionRules.Session?

    package init() {}

    private static var names: [(String, WritableKeyPath<DispatchTimings, Double>)] {
        [
            ("post_timeout", \.postTimeout), ("lease", \.lease), ("look_every", \.lookEvery), ("not_found_for", \.notFoundFor),
            ("resend_within", \.resendWithin), ("empty_looks_apart", \.emptyLooksApart), ("follow_every", \.followEvery),
            ("consult_every", \.consultEvery), ("facts_fresh_for", \.factsFreshFor), ("clock_skew_through", \.clockSkewThrough),
            ("orders_before_submission", \.ordersBeforeSubmission), ("late_fills_within", \.lateFillsWithin),
        ]
    }

    /// Reads the waits of a rule file, which has all of them.
    package init(_ node: RuleNode) throws {
        try node.allowOnly(Set(Self.names.map(\.0)).union(["looks"]))
        for (name, path) in Self.names {
            guard let seconds = Self.seconds(try node.decimal(name)) else {
                throw try node.member(name).fail("expected seconds above 0, at most a day")
            }
            self[keyPath: path] = seconds
        }
        looks = try node.member("looks").elements().map { element in
            guard let seconds = (try? FixedDecimal(try element.scalar())).flatMap(Self.seconds) else {
                throw element.fail("expected seconds above 0, at most a day")
            }
            return seconds
        }
        guard lease > postTimeout else {
            throw try node.member("lease").fail("expected more than post_timeout: a POST must end before the lease")
        }
    }

    /// Replaces waits by those of a JSON object. Throws a sentence that names the member and what was expected.
    package mutating func replace(by root: JSONValue) throws(SettingProblem) {
        guard root.kind == .object else { throw SettingProblem("--timings: expected a JSON object of waits in seconds") }
        for (name, value) in root.members {
            if name == "session" {
                guard let open = value["open"]?.string.flatMap({ Instant($0) }),
                    let close = value["close"]?.string.flatMap({ Instant($0) }),
                    open < close
                else { throw SettingProblem("--timings: session: expected {open, close}, two instants in order") }
                session = SessionRules.Session(open: open, close: close)
            } else if name == "looks" {
                let seconds = value.elements.map { $0.decimal.flatMap(Self.seconds) }
                guard !seconds.isEmpty, seconds.allSatisfy({ $0 != nil }) else {
                    throw SettingProblem("--timings: looks: expected a list of seconds above 0")
                }
                looks = seconds.compactMap { $0 }
            } else {
                guard let path = Self.names.first(where: { $0.0.isBytewiseEqual(to: name) })?.1 else {
                    throw SettingProblem(
                        "--timings: unknown wait `\(name)`; expected \((Self.names.map(\.0) + ["looks", "session"]).sorted().joined(separator: ", "))"
                    )
                }
                guard let seconds = value.decimal.flatMap(Self.seconds) else {
                    throw SettingProblem("--timings: \(name): expected seconds above 0, at most a day")
                }
                self[keyPath: path] = seconds
            }
        }
        guard lease > postTimeout else { throw SettingProblem("--timings: lease: expected more than post_timeout") }
    }

    private static func seconds(_ decimal: FixedDecimal) -> Double? {
        guard decimal > .zero, decimal <= FixedDecimal(86_400) else { return nil }
        return Double(decimal.units / 10_000) / 1_000_000
    }

    /// An instant some seconds later, held at the last one.
    package static func after(_ instant: Instant, _ seconds: Double) -> Instant {
        instant.advanced(byMicroseconds: Int64(seconds * 1_000_000)) ?? .maximum
    }
}
