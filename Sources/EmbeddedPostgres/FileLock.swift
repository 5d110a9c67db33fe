import BlockingThreads
import Glibc

/// A lock on a file (`flock`), which the kernel releases when the program ends, however it ends.
///
/// The descriptor is closed at exec, so no server inherits the lock.
final class FileLock: Sendable {
    enum Mode {
        case shared, exclusive
    }

    let path: String
    private let descriptor: Int32

    /// Opens the file, creating it if it doesn't exist, without locking it.
    init(_ path: String) throws(EmbeddedPostgresError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .directory("the lock file \(path) can't be opened: \(Files.errorText())")
        }
    }

    deinit {
        // Unlock explicitly: a child between fork and exec still has the descriptor, and the lock with it.
        unlock()
        close(descriptor)
    }

    /// Takes the lock if it is free for this mode, or changes its mode.
    func tryLock(_ mode: Mode) -> Bool {
        while true {
            if flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 { return true }
            if errno != EINTR { return false }
        }
    }

    /// Waits for the lock; false if the time runs out.
    func lock(_ mode: Mode, timeoutMilliseconds: Int64) -> Bool {
        let deadline = monotonicMilliseconds() + timeoutMilliseconds
        while !tryLock(mode) {
            if monotonicMilliseconds() >= deadline { return false }
            usleep(10_000)
        }
        return true
    }

    func unlock() {
        flock(descriptor, LOCK_UN)
    }
}
