import Foundation
import PayloadGenerator

/// `swift run payload-generator`: writes the sources of payloads from `schema/events`. Run it where `Package.swift` is.
@main struct PayloadGeneratorMain {
    static func main() throws {
        let folder = "Sources/OptionTrades/Events/Generated"
        for description in TradePayloads.all {
            let text = try PayloadSource.text(of: description, TradePayloads.types) { name in
                FileManager.default.contents(atPath: "schema/events/\(name).json").map { Array($0) }
            }
            try text.write(toFile: "\(folder)/\(description.name).swift", atomically: true, encoding: .utf8)
            print("\(folder)/\(description.name).swift")
        }
    }
}
