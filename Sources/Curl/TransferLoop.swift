import BlockingThreads
import CLibCurl
import Glibc
import Synchronization

/// The thread that runs all transfers of a transport, and the mailbox through which other threads talk to it.
final class TransferLoop: Sendable {
    private struct Mailbox {
        var submitted: [Transfer] = []
        var isStarted = false
        var isClosing = false
        /// The handle that wakes the loop; nil before its thread starts and after it has ended.
        var multi: MultiPointer?

        func wake() {
            if let multi { curl_multi_wakeup(multi.pointer) }
        }
    }

    /// The loop's multi handle. `curl_multi_wakeup` is the only call on it that other threads may make.
    ///
    /// Unchecked: a raw pointer is never Sendable. It is read only under the mailbox's lock, and is taken out of the
    /// mailbox before the handle is freed.
    private struct MultiPointer: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }

    private let mailbox = Mutex(Mailbox())

    /// The time that the loop sleeps if nothing wakes it.
    private static let idleMilliseconds: Int32 = 60_000

    /// Whether libcurl's global set-up, once per process, has succeeded.
    private static let isReady = clibcurl_global_init() == CURLE_OK

    /// Hands a transfer over; it is finished or failed in any case.
    func submit(_ transfer: Transfer) {
        mailbox.withLock { mailbox in
            mailbox.submitted.append(transfer)
            mailbox.wake()
        }
        start()
    }

    /// Makes the loop look for transfers whose tickets are cancelled.
    func noticeCancellation() {
        mailbox.withLock { $0.wake() }
    }

    /// Ends the thread. Nobody is waiting any more, because a waiting task keeps the transport alive.
    func close() {
        mailbox.withLock { mailbox in
            mailbox.isClosing = true
            mailbox.wake()
        }
    }

    /// Starts the thread with the first transfer.
    private func start() {
        let isFirst = mailbox.withLock { mailbox in
            defer { mailbox.isStarted = true }
            return !mailbox.isStarted
        }
        guard isFirst else { return }
        if Self.isReady, let pointer = curl_multi_init() {
            let multi = MultiPointer(pointer: pointer)
            mailbox.withLock { $0.multi = multi }
            if startThread({ self.run(multi.pointer) }) { return }
            mailbox.withLock { $0.multi = nil }
            curl_multi_cleanup(multi.pointer)
        }
        let stranded = mailbox.withLock { mailbox in
            defer {
                mailbox.submitted = []
                mailbox.isStarted = false
            }
            return mailbox.submitted
        }
        for transfer in stranded {
            transfer.fail(TransportError(.unreachable, "the program has no thread or memory left for a request"))
        }
    }

    private func run(_ multi: UnsafeMutableRawPointer) {
        var board = TransferBoard(multi: multi)
        while true {
            let (submitted, isClosing) = mailbox.withLock { mailbox in
                defer { mailbox.submitted = [] }
                return (mailbox.submitted, mailbox.isClosing)
            }
            board.step(submitted)
            if isClosing { break }
            if curl_multi_poll(multi, nil, 0, Self.idleMilliseconds, nil) != CURLM_OK { usleep(10_000) }
        }
        mailbox.withLock { $0.multi = nil }
        board.close()
        curl_multi_cleanup(multi)
    }
}
