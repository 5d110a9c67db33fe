/// Where a bundle is read from.
public protocol BundleSource: Sendable {
    /// The paths of all files in it, relative, parts joined by `/`, bytewise sorted.
    func paths() throws -> [String]
    /// Opens one of them.
    func open(_ path: String) throws -> any BundleBytes
}

/// A file's bytes, read forward.
public protocol BundleBytes: AnyObject {
    /// Fills the buffer from its start with as much as there is at hand; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
