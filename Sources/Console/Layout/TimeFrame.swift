import LedgerValues

/// The moment that a page shows, in the three questions that a reader asks of it: what the ledger knew, what had
/// happened in the world, and under which rules.
package struct TimeFrame: Sendable {
    /// The requested moment as text. Nil if the page is not pinned.
    package var asOfPosition: String?
    package var asOf: String?
    package var effectiveAt: String?
    /// The requested rules as text. Nil for those that are served now.
    package var rules: String?
    /// The rules that the page can be asked for.
    package var choice = RulesChoice.none
    /// The log's last event. Nil if the log cannot be read.
    package var head: Int64?
    package var headRecordedAt: String?
    package var firstRecordedAt: String?
    /// The log's last event when the reader's last visit ended. Nil if no visit is remembered.
    package var seen: Int64?
    /// The latest moments at which something happened to the whole ledger, latest first.
    package var ticks: [Tick] = []
    /// The position of the page's own views, after they were read.
    package var shown: Shown?

    /// The moment behind an answer.
    package struct Shown: Sendable, Equatable {
        package var position: Int64
        package var asOf: String

        package init(position: Int64, asOf: String) {
            self.position = position
            self.asOf = asOf
        }
    }

    /// The rules that a page can be read under.
    package enum RulesChoice: Sendable {
        case none
        /// Those that are served now, or were served at the moment.
        case served
        /// And every version that has rows, by its name: `v2/c1`.
        case versions([String])
    }

    /// A moment at which something happened to the whole ledger.
    package struct Tick: Sendable {
        package var position: Int64
        package var recordedAt: String
        package var kind: EventKind
        /// What happened, in a few words: `749 new, 3 corrected`.
        package var text: String

        package init(position: Int64, recordedAt: String, kind: EventKind, text: String) {
            self.position = position
            self.recordedAt = recordedAt
            self.kind = kind
            self.text = text
        }

        /// `Sync: 749 new`
        var headline: String { "\(kind.title): \(text)" }
    }

    package init(
        asOfPosition: String? = nil, asOf: String? = nil, effectiveAt: String? = nil, rules: String? = nil, head: Int64? = nil,
        headRecordedAt: String? = nil, firstRecordedAt: String? = nil
    ) {
        self.asOfPosition = asOfPosition
        self.asOf = asOf
        self.effectiveAt = effectiveAt
        self.rules = rules
        self.head = head
        self.headRecordedAt = headRecordedAt
        self.firstRecordedAt = firstRecordedAt
    }

    package var isPinned: Bool { asOfPosition != nil || asOf != nil }

    /// Whether the ledger has learned more since the moment, or more has happened.
    var isPast: Bool {
        if let effectiveAt, shown.map({ Instant($0.asOf) == Instant(effectiveAt) }) ?? true { return true }
        guard isPinned else { return false }
        guard let position = shown?.position ?? asOfPosition.flatMap({ Int64($0) }), let head else { return true }
        return position < head
    }

    /// The parameters that request this moment again, without the rules, which are those of one view.
    package var parameters: [(name: String, value: String)] {
        [("as_of_position", asOfPosition), ("as_of", asOf), ("effective_at", effectiveAt)].compactMap { name, value in
            value.map { (name, $0) }
        }
    }

    /// The parameter that requests the rules again.
    package var rulesParameter: [(name: String, value: String)] { rules.map { [("rules", $0)] } ?? [] }

    /// The parameters that pin the shown moment: both position and time, so that the answer never changes.
    package var pin: [(name: String, value: String)] {
        guard let shown else { return parameters }
        return [("as_of_position", "\(shown.position)"), ("as_of", shown.asOf)]
            + (effectiveAt.map { [("effective_at", $0)] } ?? [])
    }
}
