import Foundation
import PayloadGenerator

/// `swift run payload-generator`: writes the sources of payloads from `schema/events`. Run it where `Package.swift` is.
@main struct PayloadGeneratorMain {
    static func main() throws {
        for group in PayloadGroup.all {
            try FileManager.default.createDirectory(atPath: group.path, withIntermediateDirectories: true)
            for description in group.payloads {
                let text = try PayloadSource.text(of: description, in: group) { name in
                    FileManager.default.contents(atPath: "schema/events/\(name).json").map { Array($0) }
                }
                let path = "\(group.path)/\(description.name).swift"
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                print(path)
            }
        }
    }
}
