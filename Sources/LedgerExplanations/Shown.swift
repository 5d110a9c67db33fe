public import LedgerJSON
public import LedgerValues

/// A value in its form for HTTP and the command line: decimals are JSON numbers; texts, instants and dates are strings;
/// absent values are `null`.
///
/// Two values are equal if they have the same JSON, to the last digit.
public struct Shown: Sendable, Hashable {
    /// The JSON of the value.
    public let json: String

    public init(json: String) { self.json = json }

    public static let null = Shown(json: "null")

    /// The value in a row.
    public init(_ value: JSONValue?) { json = value?.sourceText ?? "null" }

    public init(_ decimal: FixedDecimal?) { json = decimal.map(\.description) ?? "null" }

    /// An exact number: its decimal text if ten fractional digits hold it, otherwise the fraction as text, `"1/3"`.
    public init(exact number: ExactNumber?) {
        guard let number else {
            self = .null
            return
        }
        if let decimal = number.rounded(), decimal.exact == number {
            self.init(decimal)
        } else {
            self.init(number.description)
        }
    }

    public init(_ text: String?) { self.init(text.map(JSONNode.string) ?? .null) }

    public init(_ instant: Instant?) { self.init(instant?.description) }

    public init(_ date: CalendarDate?) { self.init(date?.description) }

    public init(_ integer: Int64?) { self.init(integer.map(JSONNode.integer) ?? .null) }

    public init(_ truth: Bool?) { self.init(truth.map(JSONNode.bool) ?? .null) }

    public init(_ texts: [String]) { self.init(.array(texts.map(JSONNode.string))) }

    public init(_ positions: [Int64]) { self.init(.array(positions.map(JSONNode.integer))) }

    /// A JSON value, with object members in their given order.
    public init(_ node: JSONNode) { json = String(decoding: node.httpBytes(), as: UTF8.self) }

    public var isNull: Bool { json == "null" }

    /// The value for use in a sentence: a string without its quotes if it has no escapes, anything else as its JSON.
    public var text: String {
        guard json.utf8.count >= 2, json.utf8.first == UInt8(ascii: "\""), !json.utf8.contains(UInt8(ascii: "\\")) else {
            return json
        }
        return String(json.dropFirst().dropLast())
    }

    public static func == (left: Shown, right: Shown) -> Bool { left.json.isBytewiseEqual(to: right.json) }

    public func hash(into hasher: inout Hasher) { hasher.combine(ByteKey(json)) }
}
