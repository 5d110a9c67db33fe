/// Suggestions for a misspelt word that names nothing.
public enum Suggestion {
    /// The known word nearest to a misspelt one, or nil if no known word is near enough.
    ///
    /// A near word differs in at most a third of the misspelt word's letters; one difference is always allowed. An added,
    /// missing or replaced letter counts as one difference, and so do two swapped neighbors. Of equally near words the
    /// first wins.
    public static func nearest(to word: String, among known: [String]) -> String? {
        let asked = Array(word.asciiFolded.unicodeScalars)
        let limit = max(1, asked.count / 3)
        let distances = known.map { ($0, distance(asked, Array($0.asciiFolded.unicodeScalars))) }
        guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= limit else { return nil }
        return best.0
    }

    /// `; did you mean `view`?`, or the empty string.
    public static func question(_ word: String, among known: [String]) -> String {
        nearest(to: word, among: known).map { "; did you mean `\($0)`?" } ?? ""
    }

    /// The Damerau-Levenshtein distance between two strings, without overlapping swaps.
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
