import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues
import Synchronization

/// The sums and the first rows that readers asked for, kept so that the next reader does not wait for a pass over all rows.
final class KeptFolds: Sendable {
    /// What is made of the rows, from none.
    struct Question: Sendable {
        /// What is asked of the rows.
        let kind: String
        /// The rows that are selected, as text.
        let selection: String
        let empty: any RowFold

        /// Everything that the answer depends on beside the rows' version, position and moment.
        var name: String { "\(kind)|\(selection)" }

        /// The sums of a selection of rows.
        static func sums(_ empty: any RowAggregates, _ selection: String) -> Question {
            Question(kind: "sums", selection: selection, empty: SummedRows(sums: empty))
        }

        /// The totals of a selection of rows.
        static func totals(_ empty: RowTotals, _ selection: String) -> Question {
            Question(kind: "totals|\(empty.name)", selection: selection, empty: SummedRows(sums: empty))
        }

        /// The first rows of a selection in an order.
        static func leading(_ empty: LeadingRows, _ selection: String) -> Question {
            Question(kind: "leading|\(empty.name)", selection: selection, empty: empty)
        }

        /// The first texts of a selection of rows in groups.
        static func firstTexts(_ empty: FirstTexts, _ selection: String) -> Question {
            Question(kind: "texts|\(empty.name)", selection: selection, empty: empty)
        }

        /// The numbers of a selection of rows whose time has come.
        static func counts(_ empty: CountedRows, _ selection: String) -> Question {
            Question(kind: "counts|\(empty.name)", selection: selection, empty: empty)
        }

        /// The same of each part of a selection of rows.
        func ofParts(_ selection: String) -> Question {
            Question(kind: "parts|\(kind)", selection: selection, empty: RowParts(of: empty))
        }
    }

    private struct Kept {
        /// In the order of positions and moments, the latest last.
        var states: [RunningFold] = []
        /// Whether nobody can use the result, so that it is not kept.
        var isUseless = false
        /// When a reader asked last.
        var asked: ContinuousClock.Instant?
        /// When the latest fold was kept.
        var made = ContinuousClock.now
    }

    private struct State {
        var kept: [ByteKey: Kept] = [:]
        /// The questions, those longest not asked first.
        var order: [ByteKey] = []
        var bytes = 0
        var passes = 0

        mutating func forget(_ key: ByteKey) {
            drop(key) { $0.count }
            kept[key] = nil
            order.removeAll { $0 == key }
        }

        /// Drops earlier moments first, and then whole questions.
        mutating func shrink(to capacity: Int) {
            for key in order where bytes > capacity { drop(key) { $0.count - 1 } }
            while bytes > capacity, !order.isEmpty {
                let key = order.removeFirst()
                drop(key) { $0.count }
                kept[key] = nil
            }
        }

        private mutating func drop(_ key: ByteKey, _ count: ([RunningFold]) -> Int) {
            guard let states = kept[key]?.states, !states.isEmpty else { return }
            let dropped = states.prefix(count(states))
            bytes -= dropped.reduce(0) { $0 + $1.bytes }
            kept[key]?.states.removeFirst(dropped.count)
        }
    }

    /// The number of moments of a question. Readers of a page ask at the moment of its first answer, whoever asks meanwhile.
    private static let moments = 3

    private let state = Mutex(State())
    private let capacity: Int

    /// The number of rows that are kept in an order: those of the first pages.
    let leadingRows: Int

    /// - Parameters:
    ///   - capacity: the approximate size of all folds in memory; with 0, none are kept.
    ///   - leadingRows: the number of rows that are kept in an order.
    init(capacity: Int = 64 << 20, leadingRows: Int = 2 * ViewReader.maximumLimit) {
        (self.capacity, self.leadingRows) = (capacity, leadingRows)
    }

    /// The number of passes over all rows of a view so far.
    var passes: Int { state.withLock { $0.passes } }

    /// The folds of the selected rows, one for each question: kept ones brought up to date, and all others in one pass over the rows.
    func folds(
        _ questions: [Question], of rows: ViewRows, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> [any RowFold] {
        let keys = questions.map { key($0, rows) }
        var found: [RunningFold?] = try keys.map { key in
            rows.canBeKept ? try latest(key, notAfter: rows.standing)?.moved(to: rows, deadline, session) : nil
        }
        let missing = found.indices.filter { found[$0] == nil }
        if !missing.isEmpty {
            let made = try RunningFold.all(of: rows, from: missing.map { questions[$0].empty }, deadline, session)
            state.withLock { $0.passes += 1 }
            for (index, fold) in zip(missing, made) { found[index] = fold }
        }
        let folds = found.compactMap { $0 }
        if rows.canBeKept { for (key, fold) in zip(keys, folds) { keep(fold, key) } }
        return folds.map(\.fold)
    }

    /// The fold of a question, brought up to date. Nil if none is kept that can be.
    func known(
        _ question: Question, of rows: ViewRows, _ deadline: FoldDeadline, _ session: PostgresSession
    ) throws -> (any RowFold)? {
        let key = key(question, rows)
        guard rows.canBeKept, let latest = latest(key, notAfter: rows.standing) else { return nil }
        noteAsked(question, of: rows)
        guard let moved = try latest.moved(to: rows, deadline, session) else {
            state.withLock { $0.forget(key) }
            return nil
        }
        keep(moved, key)
        return moved.fold
    }

    /// Notes that a reader asks, whether the answer is then found in time or not.
    func noteAsked(_ question: Question, of rows: ViewRows) {
        let key = key(question, rows)
        state.withLock { $0.kept[key]?.asked = .now }
    }

    /// Whether a question's fold should be brought up to date before the next reader asks: none is kept, or it will soon be out of
    /// reach. If nobody asked within the last hour, ten minutes pass before that.
    func needsUpkeep(_ question: Question, of rows: ViewRows) -> Bool {
        let key = key(question, rows)
        return state.withLock { state in
            guard let kept = state.kept[key] else { return true }
            guard !kept.isUseless, let last = kept.states.last else { return false }
            let isAsked = kept.asked.map { $0 > .now - .seconds(3600) } ?? false
            return last.isFar(from: rows.standing) && (isAsked || kept.made < .now - .seconds(600))
        }
    }

    private func key(_ question: Question, _ rows: ViewRows) -> ByteKey {
        let version = rows.standing.source.version
        return ByteKey("\(version.name)/\(version.label)|\(question.name)")
    }

    private func latest(_ key: ByteKey, notAfter standing: ViewStanding) -> RunningFold? {
        state.withLock { state in
            state.kept[key]?.states.last { $0.position <= standing.position && $0.now <= standing.now }
        }
    }

    private func keep(_ fold: RunningFold, _ key: ByteKey) {
        state.withLock { state in
            state.order.removeAll { $0 == key }
            state.order.append(key)
            var states = state.kept[key]?.states ?? []
            state.bytes -= states.reduce(0) { $0 + $1.bytes }
            state.kept[key, default: Kept()].isUseless = fold.fold.isUseless
            states.removeAll { $0.position == fold.position && $0.now == fold.now }
            if !fold.fold.isUseless { states.append(fold) }
            states.sort { ($0.position, $0.now) < ($1.position, $1.now) }
            states = states.suffix(Self.moments)
            state.bytes += states.reduce(0) { $0 + $1.bytes }
            state.kept[key]?.states = states
            state.kept[key]?.made = .now
            state.shrink(to: capacity)
        }
    }
}
