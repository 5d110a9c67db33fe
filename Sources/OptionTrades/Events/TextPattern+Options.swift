package import LedgerEvents
import LedgerValues

extension TextPattern {
    /// An option's symbol without spaces.
    package static let optionSymbol = TextPattern(
        "^[A-Z][A-Z0-9]{0,5}([0-9]{2}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)"
            + "|02(0[1-9]|1[0-9]|2[0-8]))|([02468][048]|[13579][26])0229)[CP](?!00000000)[0-9]{8}$",
        meaning: "a compact option symbol"
    ) { text in
        guard (16...21).contains(text.count) else { return false }
        for index in text.indices where text[index] == UInt8(ascii: " ") { return false }
        return OptionSymbol(parsing: text) != nil
    }
}
