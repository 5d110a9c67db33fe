import LedgerValues
import Testing

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("viw", "view"), ("veiw", "view"), ("projectoin", "projection"), ("SYNC", "sync"), ("audt", "audit"), ("vieww", "view"),
    ])
    func `a word that is one slip away is meant`(_ word: String, _ meant: String) {
        let known = ["demo", "serve", "sync", "view", "projection", "audit"]
        #expect(Suggestion.nearest(to: word, among: known) == meant)
        #expect(Suggestion.question(word, among: known) == "; did you mean `\(meant)`?")
    }

    @Test func `a word that is like none of them is meant for none`() {
        for word in ["x", "trades", "é", "", "backfill"] {
            #expect(Suggestion.nearest(to: word, among: ["demo", "serve", "sync"]) == nil, "\(word)")
            #expect(Suggestion.question(word, among: []) == "")
        }
    }

    @Test func `folding changes ASCII letters alone, trimming what is around`() {
        #expect("IMST_é-É".asciiFolded == "imst_é-É")
        #expect("\t imst x\n".trimmed == "imst x" && " ".trimmed == "")
    }
}
