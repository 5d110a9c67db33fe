/// The paths of the files in a bundle.
public enum BundlePaths {
    public static let manifest = "manifest.json"
    /// The checkpoint, a C2SP signed note.
    public static let checkpoint = "checkpoint"
    /// The plain checkpoint of the same tree with the cosignatures of witnesses; a bundle that nobody cosigned lacks it. The manifest does
    /// not name it, because it signs for itself.
    public static let witnessed = "witnessed"
    public static let events = "events.ndjson"
    /// The directory of rule files and `columns.json`, laid out like the program's `projections/`.
    public static let rules = "projections/"

    /// The file of a projection's rows.
    public static func view(_ projection: String) -> String { "views/\(projection).ndjson" }

    /// The file of the projection's digested columns and key.
    public static func columns(_ projection: String) -> String { "\(rules)\(projection)/columns.json" }
}
