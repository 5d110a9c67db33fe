/// Quotes an SQL identifier: double quotes around it, and each double quote inside it doubled.
///
/// A NUL, which no identifier can hold, ends the name.
public func quoteIdentifier(_ name: String) -> String {
    var quoted = "\""
    for scalar in name.unicodeScalars {
        if scalar == "\0" { break }
        if scalar == "\"" { quoted.unicodeScalars.append("\"") }
        quoted.unicodeScalars.append(scalar)
    }
    quoted += "\""
    return quoted
}

/// Quotes an SQL string literal in single quotes, for statements that take no parameters.
///
/// Correct with `standard_conforming_strings` on, which every session sets.
public func quoteLiteral(_ text: String) -> String {
    var quoted = "'"
    for scalar in text.unicodeScalars {
        if scalar == "\0" { break }
        if scalar == "'" { quoted.unicodeScalars.append("'") }
        quoted.unicodeScalars.append(scalar)
    }
    quoted += "'"
    return quoted
}
