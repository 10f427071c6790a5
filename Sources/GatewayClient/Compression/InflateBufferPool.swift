import NIOCore
import NIOPosix

/// Where payloads are inflated to: one slab for all connections of an event loop, of which each payload gets a slice. One allocation for some sixty
/// events of a kilobyte, none while consumers let go of what they got; an idle connection holds nothing.
///
/// Whoever keeps a payload keeps its slab, 64 KiB: who keeps few of them for long copies them.
package final class InflateBufferPool {
    static let slabBytes = 64 << 10
    private static let leastRoom = 1 << 10

    private var slab: ByteBuffer
    /// For payloads that are whole streams of their own, and leave nothing behind.
    private var wholePayloads: ZlibDecompressor?

    package init() {
        self.slab = ByteBuffer()
    }

    /// The one of the thread that calls: an event loop's, so that its connections share it.
    package static var ofThisThread: InflateBufferPool {
        if let pool = Self.pools.currentValue { return pool }
        let pool = InflateBufferPool()
        Self.pools.currentValue = pool
        return pool
    }

    /// Each thread sees a value of its own only.
    nonisolated(unsafe) private static let pools = ThreadSpecificVariable<InflateBufferPool>()

    func decompressorOfWholePayloads() throws(PayloadInflater.Failure) -> ZlibDecompressor {
        if let decompressor = self.wholePayloads { return decompressor }
        let decompressor = try ZlibDecompressor(.wholePayload)
        self.wholePayloads = decompressor
        return decompressor
    }

    /// Lends what is left of the slab, or a new one where less is left than is expected. What was written there is to be taken next, or is overwritten.
    ///
    /// - Returns: `nil` where the slab is no place for that much.
    @inline(__always)
    func withRoom<Result>(expecting bytes: Int, _ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result? {
        guard bytes <= Self.slabBytes / 2 else { return nil }
        if self.slab.writableBytes < max(bytes, Self.leastRoom) { self.refill() }
        // Slices share the slab's memory, so that its own mutating access would copy it. No slice reaches into what is written here: slices lie before
        // `writerIndex`.
        let start = self.slab.writerIndex
        return self.slab.withVeryUnsafeBytes { body(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(mutating: $0)[start...])) }
    }

    /// What `body` of `withRoom` wrote.
    @inline(__always)
    func take(_ count: Int) -> ByteBuffer {
        self.slab.moveWriterIndex(forwardBy: count)
        // Its last bytes: always there.
        return self.slab.readSlice(length: count) ?? ByteBuffer()
    }

    @inline(never)
    private func refill() {
        if self.slab.capacity < Self.slabBytes {
            self.slab = ByteBufferAllocator().buffer(capacity: Self.slabBytes)
        } else {
            // The same memory where nobody holds a slice of it any more, else new memory.
            self.slab.clear()
        }
    }
}
