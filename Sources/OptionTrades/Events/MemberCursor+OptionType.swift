import Events
import JSON
import Values

extension MemberCursor {
    mutating func optionType(_ key: StaticString) throws(PayloadError) -> OptionType {
        try present(try optionalOptionType(key), key)
    }

    mutating func optionalOptionType(_ key: StaticString) throws(PayloadError) -> OptionType? {
        let value = try value(key)
        if value.isNull { return nil }
        guard let text = value.string, let type = OptionType(rawValue: text) else {
            throw error(key, "is neither call nor put")
        }
        return type
    }
}
