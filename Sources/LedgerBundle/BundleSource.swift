/// The place from which a bundle is read.
public protocol BundleSource: Sendable {
    /// The relative paths of all files, with parts joined by `/`, bytewise sorted.
    func paths() throws -> [String]
    /// Opens one of the files.
    func open(_ path: String) throws -> any BundleBytes
}

/// A file's bytes, read forward.
public protocol BundleBytes: AnyObject {
    /// Fills the buffer from its start with the bytes available, and returns their number; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
