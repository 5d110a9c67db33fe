package import LedgerRules

/// The rules of broker positions (`broker_positions/rules.v<N>.yaml`).
package struct BrokerPositionsRules: Sendable {
    package let file: RuleFile
    /// The types of activities that change a position without an order.
    package let explainingActivities: NameList
    /// The states of an activity in which it counts.
    package let countedStatuses: NameList

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "broker_positions/rules.v\(version).yaml", kind: "broker_positions", read: read)
        try document.root.allowOnly(["rules", "version", "uses", "explaining_activities", "counted_statuses"])
        file = document.file
        explainingActivities = NameList(try document.root.texts("explaining_activities"))
        countedStatuses = NameList(try document.root.texts("counted_statuses"))
    }
}
