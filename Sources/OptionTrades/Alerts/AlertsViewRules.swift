package import LedgerRules

/// The rules of the view of alerts (`alerts/rules.v<N>.yaml` of the projections).
package struct AlertsViewRules: Sendable {
    package let file: RuleFile
    /// How many of the latest raises and clears a row shows.
    package let history: Int

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "alerts/rules.v\(version).yaml", kind: "alerts", read: read)
        try document.root.allowOnly(["rules", "version", "uses", "history"])
        file = document.file
        history = try document.root.whole("history", from: 0)
        guard history <= AlertCourse.keptChanges else {
            throw try document.root.member("history").fail("expected at most \(AlertCourse.keptChanges)")
        }
    }
}
