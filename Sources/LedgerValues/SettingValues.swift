/// A setting of a program, by its name in the environment.
public struct Setting: Sendable, Hashable {
    public let name: String
    /// Whether its value must not show in a log, an error text or an event.
    public let isSecret: Bool

    public init(_ name: String, isSecret: Bool = false) {
        self.name = name
        self.isSecret = isSecret
    }
}

/// A setting that can't be used: names it and says what was expected, never the value of a secret.
public struct SettingProblem: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// The values of settings by name. An empty value is no value, as a shell's `NAME=` means it.
public struct SettingValues: Sendable {
    private var values: [String: String]

    public init(_ values: [String: String]) { self.values = values }

    public subscript(name: String) -> String? {
        get { values[name].flatMap { $0.isEmpty ? nil : $0 } }
        set { values[name] = newValue }
    }

    /// True for `true`, `1`, `yes`, false for `false`, `0`, `no`, in any case.
    public func boolean(_ name: String) throws(SettingProblem) -> Bool? {
        switch self[name]?.lowercased() {
        case nil: nil
        case "true", "1", "yes": true
        case "false", "0", "no": false
        default: throw SettingProblem("\(name): expected true or false")
        }
    }

    /// A number of seconds above 0 and at most an hour.
    public func seconds(_ name: String) throws(SettingProblem) -> Double? {
        guard let value = self[name] else { return nil }
        guard let seconds = Double(value), seconds > 0, seconds <= 3600 else {
            throw SettingProblem("\(name): expected a number of seconds above 0 and at most 3600")
        }
        return seconds
    }

    /// A whole number in a range.
    public func number(_ name: String, in range: ClosedRange<Int>, expected: String) throws(SettingProblem) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = Int(value), range ~= number else { throw SettingProblem("\(name): expected \(expected)") }
        return number
    }

    /// The parts of a comma-separated list; empty without a value.
    public func list(_ name: String) -> [String] { Self.list(self[name] ?? "") }

    /// The parts of a comma-separated list: trimmed, without empty parts.
    public static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }
}
