import Glibc
import PrometheusMetrics

/// The system's figures about this process.
enum ProcessFigures {
    static var families: [MetricFamily] {
        // POSIX defines a million clocks per second.
        let seconds = Double(clock()) / 1e6
        var families = [
            MetricFamily.counter(
                "process_cpu_seconds_total", help: "Processor time used, of the user and the system.", seconds)
        ]
        if let bytes = residentBytes {
            families.append(.gauge("process_resident_memory_bytes", help: "Resident memory.", Double(bytes)))
        }
        return families
    }

    /// The second number of `/proc/self/statm`, in pages.
    private static var residentBytes: Int? {
        guard let file = fopen("/proc/self/statm", "re") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = fread(&buffer, 1, buffer.count, file)
        let parts = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
        return parts.count > 1 ? Int(parts[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
    }
}
