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

    init(
        _ name: String, _ schemas: [String], _ extent: Extent, capacity: Int = 0, aliases: [(key: String, of: String)] = [],
        enumeration: String? = nil, _ documentation: String
    ) {
        self.name = name
        self.schemas = schemas
        self.extent = extent
        self.capacity = capacity
        self.aliases = aliases
        self.enumeration = enumeration
        self.documentation = documentation
    }
}

/// The Swift types of the properties that are more than texts, numbers and times.
package struct PayloadTypes: Sendable {
    /// Enumerations by property. The cases are the texts of the schema in lower camel case.
    let enumerations: [String: String]
    /// Objects by property.
    let objects: [String: String]
    /// Lists and maps by property, each with the type of an element. The type reads and writes the whole list.
    let lists: [String: String]
    /// Texts that differ from event to event: a pool of shared texts would only grow by them.
    let distinctTexts: Set<String>
    /// Integers that are positions of the log.
    let positions: Set<String>
}
