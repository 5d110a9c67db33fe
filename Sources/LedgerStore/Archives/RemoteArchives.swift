/// Archives that are no directories of this machine. The sessions of a program that has them carry one as their context.
package protocol RemoteArchives: Sendable {
    /// What is at a path below a copy's place. Nil if it is absent or can't be read. The call blocks the thread.
    func read(_ path: String, of copy: String) -> [UInt8]?
}
