package import LedgerJSON

/// A value that its source gave and the ledger does not keep.
package enum RedactedValue {
    /// What stands in its place.
    package static let text = "[redacted]"
    package static let node = JSONNode.string(text)
}
