import Synchronization

/// What comes from each address, such as wrong keys: each address has a token bucket, which refills over time.
///
/// Addresses claimed by proxies are not trusted: clients behind one proxy share a bucket.
package final class AddressBuckets: Sendable {
    private struct Bucket {
        var left: Double
        var asOf: ContinuousClock.Instant
    }

    /// The largest number of remembered addresses. Beyond it the addresses with the fullest buckets are forgotten first.
    static let maximumAddresses = 4096

    private let burst: Double
    private let perSecond: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    init(burst: Int, perMinute: Int) {
        self.burst = Double(max(1, burst))
        perSecond = Double(max(1, perMinute)) / 60
    }

    /// The seconds that an address has to wait. Nil if it need not wait.
    package func wait(_ address: String, at now: ContinuousClock.Instant = .now) -> Int? {
        buckets.withLock { buckets in
            guard let bucket = buckets[address] else { return nil }
            let left = refilled(bucket, now)
            return left >= 1 ? nil : Int(((1 - left) / perSecond).rounded(.up))
        }
    }

    /// Takes one from the bucket of an address.
    package func count(_ address: String, at now: ContinuousClock.Instant = .now) {
        buckets.withLock { buckets in
            let left = buckets[address].map { refilled($0, now) } ?? burst
            buckets[address] = Bucket(left: max(0, left - 1), asOf: now)
            guard buckets.count > Self.maximumAddresses else { return }
            let levels = buckets.map { (address: $0.key, left: refilled($0.value, now)) }.sorted { $0.left > $1.left }
            for (address, _) in levels.prefix(Self.maximumAddresses / 4) { buckets[address] = nil }
        }
    }

    private func refilled(_ bucket: Bucket, _ now: ContinuousClock.Instant) -> Double {
        let passed = bucket.asOf.duration(to: now)
        return min(
            burst, bucket.left + Double(passed.components.seconds) * perSecond + Double(passed.components.attoseconds) / 1e18 * perSecond)
    }
}
