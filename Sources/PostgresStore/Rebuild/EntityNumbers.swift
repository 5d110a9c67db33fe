import Projections
import Synchronization

/// Numbers entities by key from 0 on, the same for all projections that have an entity of that key.
final class EntityNumbers: Sendable {
    private let numbers = Mutex<[RowKey: Int]>([:])

    /// The numbers of the entities that a chunk touches in one part, in the order of its touches.
    func numbers(of chunk: RoutedChunk, part: Int) -> [Int] {
        numbers.withLock { numbers in
            var found: [Int] = []
            for slice in chunk.slices {
                for touch in slice.touches[part] {
                    let key = slice.events[touch.event].touched[touch.entity].key
                    let next = numbers.count
                    found.append(
                        {
                            if let known = numbers[key] { return known }
                            numbers[key] = next
                            return next
                        }())
                }
            }
            return found
        }
    }
}
