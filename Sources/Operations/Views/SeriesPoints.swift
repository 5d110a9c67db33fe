import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues

/// Series of observations reduced to points: one for each identity without its time and each bucket that has a row. Figures
/// that are null do not count; a figure without any other is null. Sums are exact, and a mean is rounded once.
struct SeriesPoints {
    /// The largest number of points of an answer.
    static let maximum = 5_000

    private struct Point {
        /// The values of the key's columns, the bucket's start among them.
        let key: [(String, JSONNode)]
        var figures: [Figure]
    }

    private struct Figure {
        var sum = ExactNumber.zero
        var count: Int64 = 0
        var last: (time: Instant, value: FixedDecimal)?

        mutating func add(_ value: FixedDecimal, at time: Instant) {
            sum += value.exact
            count += 1
            if last.map({ $0.time <= time }) ?? true { last = (time, value) }
        }

        func node(_ aggregate: SeriesReading.Aggregate) -> JSONNode {
            switch aggregate {
            case .last: last.map { .decimal($0.value) } ?? .null
            case .mean: .quotient(sum, by: ExactNumber(Int(count)))
            case .sum: .sum(sum, of: count)
            }
        }
    }

    private let bucket: SeriesReading.Bucket
    private let aggregate: SeriesReading.Aggregate
    private let time: String
    private let keyColumns: [ColumnSet.Column]
    /// The numeric columns of what was observed, outside the key.
    private let figures: [ColumnSet.Column]
    private var points: [RowKey: Point] = [:]
    /// Once there are too many points: the points that the widest bucket makes.
    private var widest: Set<RowKey>?

    /// Makes an empty reduction.
    ///
    /// - Parameters:
    ///   - bucket: the width of a point
    ///   - aggregate: what becomes of a bucket's figures
    ///   - columns: of the rows
    ///   - time: the column of the key that holds the time
    init(_ bucket: SeriesReading.Bucket, _ aggregate: SeriesReading.Aggregate, _ columns: ColumnSet, time: String) {
        self.bucket = bucket
        self.aggregate = aggregate
        self.time = time
        keyColumns = columns.keyColumns
        figures = columns.columns.filter { column in
            (column.kind == .decimal || column.kind == .integer) && column.isDigested
                && !columns.key.contains { $0.isBytewiseEqual(to: column.name) }
        }
    }

    /// Adds a row. False once no bucket makes few enough points, so that further rows change nothing.
    mutating func add(_ key: RowKey, _ row: JSONValue) -> Bool {
        guard let moment = row[time]?.string.flatMap({ Instant($0) }) else { return true }
        if widest != nil { return addToWidest(key, moment) }
        let start = moment.floored(to: bucket)
        let place = self.key(key, at: start)
        var point = points[place] ?? Point(key: values(row, start), figures: figures.map { _ in Figure() })
        for (index, column) in figures.enumerated() {
            if let value = row[column.name]?.decimal { point.figures[index].add(value, at: moment) }
        }
        points[place] = point
        if points.count <= Self.maximum { return true }
        widest = Set(points.keys.map { key in self.key(key, at: self.start(of: key).floored(to: .day)) })
        points = [:]
        return addToWidest(key, moment)
    }

    private mutating func addToWidest(_ key: RowKey, _ moment: Instant) -> Bool {
        let day = self.key(key, at: moment.floored(to: .day))
        widest?.insert(day)
        return bucket != .day && (widest?.count ?? 0) <= Self.maximum
    }

    /// The points in the order of their keys, as JSON objects with their members in canonical order.
    ///
    /// Throws `ViewError.badParameter` with the bucket that fits if there are too many.
    func rows() throws(ViewError) -> [(key: RowKey, row: [UInt8])] {
        if let widest {
            let fits = bucket != .day && widest.count <= Self.maximum
            throw .badParameter(
                name: "bucket",
                expected: fits
                    ? "\(SeriesReading.Bucket.day.rawValue), since \(bucket.rawValue) makes more than \(Self.maximum) points"
                    : "a selection of at most \(Self.maximum) points: narrow it by currency, from and to")
        }
        return points.sorted { $0.key < $1.key }.map { key, point in
            let members = point.key + zip(figures, point.figures).map { ($0.name, $1.node(aggregate)) }
            return (key, JSONNode.object(members).sorted.httpBytes())
        }
    }

    /// A row's key with another time.
    private func key(_ key: RowKey, at start: Instant) -> RowKey {
        RowKey(zip(keyColumns, key.parts).map { $0.name.isBytewiseEqual(to: time) ? start.description : $1.text })
    }

    private func start(of key: RowKey) -> Instant {
        zip(keyColumns, key.parts).first { $0.0.name.isBytewiseEqual(to: time) }.flatMap { Instant($0.1.text) } ?? .minimum
    }

    private func values(_ row: JSONValue, _ start: Instant) -> [(String, JSONNode)] {
        keyColumns.map { column in
            if column.name.isBytewiseEqual(to: time) { return (column.name, .string(start.description)) }
            let value = row[column.name]
            switch column.kind {
            case .decimal, .integer: return (column.name, value?.decimal.map { .decimal($0) } ?? .null)
            default: return (column.name, value?.string.map { .string($0) } ?? .null)
            }
        }
    }
}

extension Instant {
    /// The start of the bucket that holds the moment.
    fileprivate func floored(to bucket: SeriesReading.Bucket) -> Instant {
        advanced(byMicroseconds: -(microseconds % bucket.microseconds)) ?? self
    }
}
