import Foundation
import LedgerValues
import LoopbackServer

/// Bodies that Alpaca published, which are not part of the project.
///
/// In the folder that `ALPHA_LEDGER_ALPACA_BODIES` names, else in `shared/data/alpaca` beside the project.
enum RecordedBodies {
    private static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["ALPHA_LEDGER_ALPACA_BODIES"] { return URL(filePath: named) }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return root.deletingLastPathComponent().appending(path: "shared/data/alpaca")
    }()

    static let arePresent = FileManager.default.fileExists(atPath: folder.appending(path: "account.json").path)

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name + ".json"))) }

    static func reply(_ name: String, status: Int = 200) throws -> LoopbackServer.Reply {
        .response(status: status, headers: [("Content-Type", "application/json")], body: try bytes(name))
    }
}

/// A decimal of a test's own text; a mistake in it equals nothing.
func decimal(_ text: String) -> FixedDecimal { (try? FixedDecimal(text)) ?? FixedDecimal(-987_654_321) }
