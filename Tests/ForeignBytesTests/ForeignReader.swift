/// A reader of bytes that others made, and what it promises of any.
struct ForeignReader: Sendable {
    let name: String
    /// Bytes that it takes.
    let samples: [[UInt8]]
    /// Mutations of a run; fewer where one takes long.
    var count = 12_000
    /// Reads bytes, and throws ``Broken`` if what it gives is not what it promises. Any refusal is fine; a trap ends the process.
    let read: @Sendable (_ bytes: [UInt8], _ random: inout Mutator) async throws -> Bool

    init(
        _ name: String, _ samples: [[UInt8]], count: Int = 12_000,
        _ read: @escaping @Sendable (_ bytes: [UInt8], _ random: inout Mutator) async throws -> Bool
    ) {
        (self.name, self.samples, self.count, self.read) = (name, samples, count, read)
    }

    /// A reader of texts.
    init(text name: String, _ samples: [String], count: Int = 12_000, _ read: @escaping @Sendable (_ text: String) throws -> Bool) {
        self.init(name, samples.map { Array($0.utf8) }, count: count) { bytes, _ in
            guard let text = String(validating: bytes, as: UTF8.self) else { return false }
            return try read(text)
        }
    }
}

/// A reader that took bytes and gave something else than what it promises.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static func unless(_ holds: Bool, _ what: String) throws(Broken) {
        if !holds { throw Broken(what) }
    }
}
