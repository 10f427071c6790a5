import CZlib
import CZstd
import GatewayModel
@testable import GatewayWire
import NIOCore

/// Compressed streams: damaged ones do no harm, and what comes of a stream does not depend on where it is cut.
enum FuzzInflate {
    // A fuzzer has one thread.
    nonisolated(unsafe) private static let pool = InflateBufferPool()

    static func zlib(_ bytes: UnsafeRawBufferPointer) {
        var choices = Choices(bytes)
        let cuts = choices.take(4)
        let isPacked = choices.byte() & 1 == 1
        let text = choices.rest()
        let stream = isPacked ? Self.deflate(text) : text
        let whole = Self.inflate(.zlibStream, [stream])
        let parts = Self.inflate(.zlibStream, Self.cut(stream, cuts))
        check(whole.hasFailed == parts.hasFailed, "cut, it says \(parts.hasFailed), whole \(whole.hasFailed)")
        // What ends with no payload's end is not given back, while its parts may have been.
        if !whole.payload.isEmpty { check(whole.payload == parts.payload, "cut, it gives \(parts.payload), whole \(whole.payload)") }
        if isPacked { check(!whole.hasFailed && whole.payload == text, "a stream that was packed is not what it was") }
        // Bounds hold in any case; as one payload it is another format.
        _ = Self.inflate(.zlibStream, Self.cut(stream, cuts), cap: 1000)
        _ = Self.inflate(.payload, [stream], cap: 5000)
    }

    static func zstd(_ bytes: UnsafeRawBufferPointer) {
        var choices = Choices(bytes)
        let cuts = choices.take(4)
        let isPacked = choices.byte() & 1 == 1
        let text = choices.rest()
        if isPacked {
            // Each payload is a message.
            let payloads = Self.cut(text, cuts).filter { !$0.isEmpty }
            let result = Self.inflate(.zstdStream, Self.compress(payloads))
            check(!result.hasFailed && result.payload == text, "a stream that was packed is not what it was")
        } else {
            let whole = Self.inflate(.zstdStream, [text])
            let parts = Self.inflate(.zstdStream, Self.cut(text, cuts).filter { !$0.isEmpty })
            if !whole.hasFailed, !parts.hasFailed { check(whole.payload == parts.payload, "cut, it gives \(parts.payload), whole \(whole.payload)") }
            _ = Self.inflate(.zstdStream, Self.cut(text, cuts), cap: 1000)
        }
    }

    private static func inflate(_ compression: GatewayCompression, _ messages: [[UInt8]], cap: Int = 64 << 20) -> (payload: [UInt8], hasFailed: Bool) {
        var payload: [UInt8] = []
        do throws(PayloadInflater.Failure) {
            let inflater = try PayloadInflater(compression: compression, limits: GatewayLimits(maxInflatedBytes: cap), pool: Self.pool)
            for message in messages {
                guard let part = try inflater.inflate(ByteBuffer(bytes: message), isBinary: true) else { continue }
                check(part.readableBytes <= cap || compression == .payload, "\(part.readableBytes) bytes, beyond the cap")
                payload += part.readableBytesView
            }
            return (payload, false)
        } catch {
            return (payload, true)
        }
    }

    private static func cut(_ bytes: [UInt8], _ cuts: [UInt8]) -> [[UInt8]] {
        let places = cuts.map { min(bytes.count, Int($0) * max(1, bytes.count / 200)) }.sorted()
        return zip([0] + places, places + [bytes.count]).map { Array(bytes[$0..<$1]) }
    }

    private static func deflate(_ text: [UInt8]) -> [UInt8] {
        guard !text.isEmpty else { return [] }
        var stream = z_stream()
        precondition(muster_deflateInit(&stream, Int32(text.count % 10)) == Z_OK)
        defer { deflateEnd(&stream) }
        var text = text
        var output = [UInt8](repeating: 0, count: 2 * text.count + 1024)
        let room = output.count
        text.withUnsafeMutableBufferPointer { text in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = text.baseAddress
                stream.avail_in = UInt32(text.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(room)
                precondition(CZlib.deflate(&stream, Z_SYNC_FLUSH) == Z_OK)
            }
        }
        return Array(output[..<(room - Int(stream.avail_out))])
    }

    private static func compress(_ payloads: [[UInt8]]) -> [[UInt8]] {
        guard let context = ZSTD_createCCtx() else { return [] }
        defer { ZSTD_freeCCtx(context) }
        return payloads.map { payload in
            var output = [UInt8](repeating: 0, count: ZSTD_compressBound(payload.count) + 1024)
            let room = output.count
            let count = payload.withUnsafeBytes { payload in
                output.withUnsafeMutableBytes { output in
                    var target = ZSTD_outBuffer(dst: output.baseAddress, size: room, pos: 0)
                    var source = ZSTD_inBuffer(src: payload.baseAddress, size: payload.count, pos: 0)
                    precondition(ZSTD_compressStream2(context, &target, &source, ZSTD_e_flush) == 0)
                    return target.pos
                }
            }
            return Array(output[..<count])
        }
    }
}
