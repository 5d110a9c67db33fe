import Foundation
import Operations

/// A directory of a simulation's own: the program's files with one projection's rules in a second version, and a key.
struct SimulationHome: Sendable {
    /// The projection that has a second version of its rules.
    static let changedProjection = "alignment"

    let path: String

    /// Copies the files. The directory must exist.
    init(_ path: String, from resources: Resources) throws {
        self.path = path
        for name in ["schema", "projections", "analyses"] {
            try FileManager.default.copyItem(atPath: "\(resources.root)/\(name)", toPath: "\(path)/\(name)")
        }
        let rules = "\(path)/projections/\(Self.changedProjection)/rules."
        let text = try String(contentsOfFile: rules + "v1.yaml", encoding: .utf8)
        let changed = text.replacing("version: 1\n", with: "version: 2\n").replacing("score: 70", with: "score: 65")
        guard changed.contains("version: 2\n"), changed.contains("score: 65") else {
            throw Broken("the rules of \(Self.changedProjection) have another form")
        }
        try changed.write(toFile: rules + "v2.yaml", atomically: true, encoding: .utf8)
    }
}
