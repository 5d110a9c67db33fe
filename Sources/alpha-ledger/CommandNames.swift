import ArgumentParser
import LedgerValues

/// Reports a misspelt command before the parser takes the word for an excess argument.
enum CommandNames {
    /// The error in the first words of a command line. Nil if they name a command.
    static func problem(_ arguments: [String], _ root: any ParsableCommand.Type) -> String? {
        var (command, path) = (root, [root._commandName])
        for word in arguments {
            let children = command.configuration.subcommands
            if children.isEmpty || word.hasPrefix("-") || word == "help" { return nil }
            if let next = children.first(where: { $0._commandName == word || $0.configuration.aliases.contains(word) }) {
                (command, path) = (next, path + [word])
                continue
            }
            // The word may be an argument of the command that is meant where none is named.
            if command.configuration.defaultSubcommand != nil { return nil }
            let names = children.map { $0._commandName }
            let meant = Suggestion.nearest(to: word, among: names).map { "did you mean `\((path + [$0]).joined(separator: " "))`?" }
            return "there is no command `\((path + [word]).joined(separator: " "))`; "
                + (meant ?? "expected one of \(names.joined(separator: ", "))")
        }
        return nil
    }
}
