package import LedgerProjections

extension LedgerNames {
    /// The beginning of the names of roles and settings: the program's name with `_` for `-`. It needs no quotes in SQL.
    var prefix: String { program.replacing("-", with: "_") }

    /// The role that owns the log's tables. Nobody logs in as it.
    package var ownerRole: String { prefix + "_owner" }
    /// The role of the program's sessions, which reads and appends.
    package var serviceRole: String { prefix + "_service" }

    /// The role that owns what auditors read. Nobody logs in as it.
    package var readerRole: String { prefix + "_reader" }
    /// The role of auditors, who read the schema `audit` and nothing else.
    package var auditorRole: String { prefix + "_auditor" }

    /// The session's setting with the schema version that its program was made for.
    package var schemaVersionSetting: String { prefix + ".schema_version" }
    /// The setting by which an operator who turns `fsync` off must allow it, on the server or for a program's own
    /// sessions.
    package var unsafeDurabilitySetting: String { prefix + ".allow_unsafe_durability" }
}
