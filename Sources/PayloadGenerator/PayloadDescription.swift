/// What the schemas do not say about a Swift type: its name, its documentation, and which of its parts are types of their own.
package struct PayloadDescription: Sendable {
    /// Which object of its schemas a type holds.
    package enum Extent: Sendable {
        /// The payload, except for `inputs` and the like a content of its own.
        case payload
        /// The content of a payload whose other keys are written by hand, one of them between the content's keys.
        case content(interruptedBy: String)
        /// An object inside a payload: the JSON pointer of its schema.
        case part(String)
        /// A payload that is seldom read, or an object of one, which lists its fields once for a `FieldCoder`: the JSON pointer
        /// of its schema, and the keys there that belong to another type.
        case listed(at: String = "", without: [String] = [])
    }

    /// A field that follows from others, and is written for readers who have nothing but the payload.
    package struct Derived: Sendable {
        let key: String
        /// The Swift expression that gives it.
        let expression: String
        /// What is wrong with a payload in which it differs.
        let problem: String
    }

    /// The parameters of an initializer with all fields.
    package enum Parameters: Sendable {
        case none
        /// Embedded types first, then the order of the schema.
        case asListed
        /// By name.
        case inOrder([String])
    }

    package let name: String
    /// The schema files that have the object, all with the same properties. The first one gives their order and descriptions.
    package let schemas: [String]
    package let extent: Extent
    package let documentation: String
    /// The initial capacity of an encoding, in bytes.
    let capacity: Int
    /// Another name under which the content holds a field: the key, and the key that it repeats.
    let aliases: [(key: String, of: String)]
    /// The enumeration of the content's keys; nil for no enumeration.
    let enumeration: String?
    /// Fields of a listed type whose own fields are keys of this object: the field's name, and its type.
    let embedded: [(name: String, type: String)]
    /// Fields of a listed type that follow from others.
    let derived: [Derived]
    /// Whether a listed type has an initializer with all fields, besides the one after which they are set one by one.
    let parameters: Parameters

    init(
        _ name: String, _ schemas: [String], _ extent: Extent, capacity: Int = 0, aliases: [(key: String, of: String)] = [],
        enumeration: String? = nil, embedded: [(name: String, type: String)] = [], derived: [Derived] = [],
        parameters: Parameters = .none, _ documentation: String
    ) {
        self.name = name
        self.schemas = schemas
        self.extent = extent
        self.capacity = capacity
        self.aliases = aliases
        self.enumeration = enumeration
        self.embedded = embedded
        self.derived = derived
        self.parameters = parameters
        self.documentation = documentation
    }
}

/// The Swift types of the properties that are more than texts, numbers and times.
package struct PayloadTypes: Sendable {
    /// Enumerations by property. The cases are the texts of the schema in lower camel case.
    var enumerations: [String: String] = [:]
    /// Objects by property.
    var objects: [String: String] = [:]
    /// Lists and maps by property, each with the type of an element. The type reads and writes the whole list.
    var lists: [String: String] = [:]
    /// Types by property that a method of `FieldCoder` with the property's name writes and reads.
    var methods: [String: String] = [:]
    /// Texts that differ from event to event: a pool of shared texts would only grow by them.
    var distinctTexts: Set<String> = []
    /// Integers that are positions of the log.
    var positions: Set<String> = []
    /// Digests that stay texts.
    var textDigests: Set<String> = []
    /// The names of fields that are not their key in lower camel case.
    var names: [String: String] = [:]
    /// What a field of a listed type is before anybody sets it, if that is not the emptiest value of its type.
    var initial: [String: String] = [:]
}

/// The payloads of a folder.
package struct PayloadGroup: Sendable {
    /// Below `Sources/OptionTrades`.
    package let folder: String
    let types: PayloadTypes
    package let payloads: [PayloadDescription]

    /// All that are made from schemas.
    package static let all = [
        TradePayloads.group, AlertPayloads.group, AssertionPayloads.group, BrokerPayloads.group, FlowPayloads.group,
    ]

    /// The folder of the sources, from where `Package.swift` is.
    package var path: String { "Sources/OptionTrades/\(folder)/Generated" }
}
