import Synchronization

/// Wrong keys by the address that they came from: a bucket each, which fills up again with time.
///
/// An address with an empty bucket is refused before its key is looked at, so that a right guess among wrong ones tells
/// nothing. What proxies say of the address is not believed: behind one, its clients share a bucket.
public final class AuthenticationFailures: Sendable {
    private struct Bucket {
        var left: Double
        var asOf: ContinuousClock.Instant
    }

    /// Addresses remembered; with more, those with the fullest buckets are forgotten first.
    static let maximumAddresses = 4096

    private let burst: Double
    private let perSecond: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    init(burst: Int, perMinute: Int) {
        self.burst = Double(max(1, burst))
        perSecond = Double(max(1, perMinute)) / 60
    }

    /// Seconds that an address has to wait before a key of it is looked at again; nil where none.
    public func wait(_ address: String, at now: ContinuousClock.Instant = .now) -> Int? {
        buckets.withLock { buckets in
            guard let bucket = buckets[address] else { return nil }
            let left = refilled(bucket, now)
            return left >= 1 ? nil : Int(((1 - left) / perSecond).rounded(.up))
        }
    }

    /// Counts a wrong key.
    public func count(_ address: String, at now: ContinuousClock.Instant = .now) {
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
        return min(burst, bucket.left + Double(passed.components.seconds) * perSecond + Double(passed.components.attoseconds) / 1e18 * perSecond)
    }
}
