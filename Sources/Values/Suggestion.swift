/// What somebody may have meant by a word that names nothing.
public enum Suggestion {
    /// The known word that is nearest to a misspelt one; nil if none is near enough to be meant.
    ///
    /// Near is a third of the word's letters at most, at least one: a letter more, less, another or two that changed
    /// places count as one. Of words that are equally near the first is taken.
    public static func nearest(to word: String, among known: [String]) -> String? {
        let asked = Array(word.asciiFolded.unicodeScalars)
        let limit = max(1, asked.count / 3)
        let distances = known.map { ($0, distance(asked, Array($0.asciiFolded.unicodeScalars))) }
        guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= limit else { return nil }
        return best.0
    }

    /// `; did you mean `view`?`, or nothing.
    public static func question(_ word: String, among known: [String]) -> String {
        nearest(to: word, among: known).map { "; did you mean `\($0)`?" } ?? ""
    }

    /// The distance of Damerau and Levenshtein between strings without overlapping swaps.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var next = [row + 1]
            for column in right.indices {
                var cost = min(last[column] + (left[row] == right[column] ? 0 : 1), last[column + 1] + 1, next[column] + 1)
                let isSwapped = row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column]
                if isSwapped { cost = min(cost, before[column - 1] + 1) }
                next.append(cost)
            }
            (before, last) = (last, next)
        }
        return last[right.count]
    }
}
