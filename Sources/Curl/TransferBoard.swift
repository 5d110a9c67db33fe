import CLibCurl

/// The transfers of a loop: the running ones, each on a handle, and the waiting ones. Confined to the loop's thread.
struct TransferBoard {
    private let multi: UnsafeMutableRawPointer
    private var running: [UnsafeMutableRawPointer: EasyHandle] = [:]
    private var idle: [EasyHandle] = []
    private var waiting: [Transfer] = []

    init(multi: UnsafeMutableRawPointer) {
        self.multi = multi
        clibcurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2 * CurlTransport.maximumConcurrentRequests)
    }

    /// Accepts new transfers, aborts the cancelled ones, and advances all others as far as possible without waiting.
    mutating func step(_ submitted: [Transfer]) {
        waiting += submitted
        abort { $0.ticket.isCancelled }
        // A transfer that ends makes room for another, which then needs its first step.
        repeat {
            begin()
            var count: Int32 = 0
            guard curl_multi_perform(multi, &count) == CURLM_OK else {
                abort(with: TransportError(.unreachable, "libcurl can't go on with its requests")) { _ in true }
                return
            }
        } while collect() && !waiting.isEmpty
    }

    private mutating func abort(
        with error: TransportError = .cancelledRequest,
        _ isMeant: (Transfer) -> Bool
    ) {
        // Each transfer is tested once: a ticket cancelled between two tests would leave its transfer without an answer.
        var kept: [Transfer] = []
        for transfer in waiting {
            if isMeant(transfer) { transfer.fail(error) } else { kept.append(transfer) }
        }
        waiting = kept
        for (pointer, handle) in running {
            guard let transfer = handle.transfer, isMeant(transfer) else { continue }
            running[pointer] = nil
            // This also closes the connection, because its answer was not read to the end.
            curl_multi_remove_handle(multi, pointer)
            handle.release()
            transfer.fail(error)
            idle.append(handle)
        }
    }

    private mutating func begin() {
        while running.count < CurlTransport.maximumConcurrentRequests, !waiting.isEmpty {
            let transfer = waiting.removeFirst()
            guard let handle = idle.popLast() ?? EasyHandle() else {
                transfer.fail(TransportError(.unreachable, "libcurl has no handle left for a request"))
                continue
            }
            do throws(TransportError) {
                try handle.prepare(transfer)
                guard curl_multi_add_handle(multi, handle.pointer) == CURLM_OK else {
                    throw TransportError(.invalidRequest, "libcurl did not take the request")
                }
                running[handle.pointer] = handle
            } catch {
                handle.release()
                idle.append(handle)
                transfer.fail(error)
            }
        }
    }

    /// Passes on the answers of transfers that ended, and returns whether there were any.
    private mutating func collect() -> Bool {
        var isAnyEnded = false
        var queued: Int32 = 0
        while let message = curl_multi_info_read(multi, &queued) {
            var easy: UnsafeMutableRawPointer?
            var result = CURLE_OK
            guard clibcurl_is_done(message, &easy, &result) != 0, let easy,
                let handle = running.removeValue(forKey: easy)
            else { continue }
            curl_multi_remove_handle(multi, easy)
            handle.finish(result)
            idle.append(handle)
            isAnyEnded = true
        }
        return isAnyEnded
    }

    /// Aborts all remaining transfers.
    mutating func close() {
        abort { _ in true }
        idle = []
    }
}
