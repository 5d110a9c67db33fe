// libFuzzer's entry points: every input goes through the reader that FUZZ_TARGET names. A reader that breaks its promise traps, which
// libFuzzer reports. This file is compiled with the readers of Tests/ForeignBytesTests.

import Foundation

extension ForeignReader {
    /// The name as an argument and as a folder's name.
    fileprivate var target: String {
        name.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }
}

private let environment = ProcessInfo.processInfo.environment

private let reader: ForeignReader = {
    guard let found = ForeignReader.all.first(where: { $0.target == environment["FUZZ_TARGET"] }) else {
        fatalError("FUZZ_TARGET names no reader")
    }
    return found
}()

/// With FUZZ_SEEDS, writes each reader's samples to a folder of its own there, prints the readers' names and ends.
@_cdecl("LLVMFuzzerInitialize")
public func fuzzInitialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    guard let seeds = environment["FUZZ_SEEDS"] else {
        // Making all samples is no part of the first input's time.
        _ = reader.samples
        return 0
    }
    for reader in ForeignReader.all {
        let folder = URL(filePath: seeds).appending(path: reader.target)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (number, sample) in reader.samples.enumerated() {
                try Data(sample).write(to: folder.appending(path: "\(number)"))
            }
        } catch {
            fatalError("\(error)")
        }
        print(reader.target)
    }
    exit(0)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    // What a reader draws besides depends on the input alone.
    let seed = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    let isRead = DispatchSemaphore(value: 0)
    // Most readers never wait, and then all of it runs on this thread.
    Task.immediate {
        var mutator = Mutator(seed: seed)
        do {
            _ = try await reader.read(bytes, &mutator)
        } catch {
            fatalError("\(reader.name): \(error)")
        }
        isRead.signal()
    }
    isRead.wait()
    return 0
}
