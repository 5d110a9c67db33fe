package import Curl

/// Why an object was not read or written. Its text names bucket and key, never a credential.
package enum S3Error: Error, Sendable, Equatable, CustomStringConvertible {
    /// No answer came.
    case transport(TransportError)
    /// The store said no: its status and its code, for example 403 `AccessDenied`.
    case refused(status: Int, code: String, what: String)
    /// There is no such object.
    case absent(String)
    /// Another object has the key already. Objects are never replaced.
    case exists(String)
    /// What was written does not read back as it was.
    case differs(String, problem: String)
    /// The answer can't be understood.
    case unreadable(what: String)
    /// A local file can't be read.
    case file(String)

    package var description: String {
        switch self {
        case .transport(let error): "object store: \(error.message)"
        case .refused(let status, let code, let what): "object store: \(what) was refused with \(status) \(code)"
        case .absent(let what): "object store: \(what) is not there"
        case .exists(let what): "object store: \(what) is there already with other bytes; objects are never replaced"
        case .differs(let what, let problem): "object store: \(what) \(problem)"
        case .unreadable(let what): "object store: the answer about \(what) can't be read"
        case .file(let path): "\(path) can't be read"
        }
    }
}
