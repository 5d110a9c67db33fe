extension String {
    /// With A–Z as a–z, and every other byte as it is.
    public var asciiFolded: String {
        String(decoding: utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Without the space, tabs and line ends around it.
    public var trimmed: String {
        func isSpace(_ character: Character) -> Bool { character.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
