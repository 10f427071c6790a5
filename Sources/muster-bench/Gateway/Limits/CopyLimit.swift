final class CopyLimit: MessageLimit {
    private let target = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)

    deinit {
        self.target.deallocate()
    }

    func take(_ message: UnsafeRawBufferPointer) {
        self.target.copyMemory(from: message)
    }
}
