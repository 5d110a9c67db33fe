package import LedgerJSON

/// Some steps of a walk along an entity's events, with the state of the ledger that they depend on.
package struct StepsAnswer: Sendable {
    /// `{view, key, entity, versions, count, first_difference, steps, previous_from, next_from, next_cursor, ledger}`
    package let document: JSONDocument
    package let position: Int64
    /// The tag over everything that the answer depends on.
    package let tag: EntityTag
}
