// Made by `swift run payload-generator` from schema/events/IntradayFlowSummarized.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// A file of a tape that a summary was made from.
package struct FlowFile: CodedFields {
    /// `path`: Relative to the folder of the tape.
    package var path: String = ""
    /// `sha256`: Of the uncompressed bytes.
    package var sha256 = Digest32([UInt8](repeating: 0, count: 32))
    /// `lines`: Lines that are not blank.
    package var lines: Int64 = 0

    package init() {}

    package init(
        path: String, sha256: Digest32, lines: Int64
    ) {
        self.path = path
        self.sha256 = sha256
        self.lines = lines
    }

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.integer("lines", &lines)
        try fields.text("path", &path)
        try fields.digest("sha256", &sha256)
    }
}

extension FlowFile: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: FlowFile, right: FlowFile) -> Bool {
        guard left.sha256 == right.sha256,
            left.lines == right.lines,
            left.path.isBytewiseEqual(to: right.path)
        else { return false }
        return true
    }
}
