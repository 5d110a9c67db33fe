public import JSON

/// A value that its source gave and the ledger does not keep.
public enum RedactedValue {
    /// What stands in its place.
    public static let text = "[redacted]"
    public static let node = JSONNode.string(text)
}
