import Crypto
import LedgerValues

/// The console's style sheet and scripts, compiled into the program.
///
/// Each file is served below a folder named after the digest of all files. A browser may therefore cache it forever,
/// and the scripts can import each other by name.
package enum ConsoleAsset: String, Sendable, CaseIterable {
    case styles = "console.css"
    case console = "console.js"
    case log = "log.js"
    case projections = "projections.js"
    case proof = "proof.js"
    case canonical = "canonical.js"

    /// The file's bytes.
    package var bytes: [UInt8] {
        switch self {
        case .styles: PackageResources.console_css
        case .console: PackageResources.console_js
        case .log: PackageResources.log_js
        case .projections: PackageResources.projections_js
        case .proof: PackageResources.proof_js
        case .canonical: PackageResources.canonical_js
        }
    }

    /// The file's media type.
    package var contentType: String {
        self == .styles ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8"
    }

    /// The first 16 hex digits of the digest of all files.
    package static let version: String = {
        var hash = SHA256()
        for asset in allCases { hash.update(data: asset.bytes) }
        return String(Digest32(Array(hash.finalize())).description.prefix(16))
    }()

    /// The file's address for pages.
    package var address: Address { Address(["assets", Self.version, rawValue]) }
}
