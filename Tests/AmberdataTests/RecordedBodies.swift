import Foundation
import LedgerEvents
import LedgerValues
import LoopbackServer
import Testing

/// Bodies that the vendor's servers gave, which are not part of the project.
///
/// In the folder that `ALPHA_LEDGER_AMBERDATA_BODIES` names, else in `shared/data/amberdata` beside the project.
enum RecordedBodies {
    private static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["ALPHA_LEDGER_AMBERDATA_BODIES"] {
            return URL(filePath: named)
        }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return root.deletingLastPathComponent().appending(path: "shared/data/amberdata")
    }()

    static let arePresent = FileManager.default.fileExists(
        atPath: folder.appending(path: "level-1-quotes-tradfi.mstu.json").path)

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name + ".json")))
    }

    static func reply(_ name: String, status: Int = 200) throws -> LoopbackServer.Reply {
        .response(status: status, headers: [("Content-Type", "application/json")], body: try bytes(name))
    }
}
