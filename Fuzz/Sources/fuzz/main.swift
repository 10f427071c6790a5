import CLibFuzzer
import Foundation

// fuzz NAME [libFuzzer's options and corpus directories]
guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
    FileHandle.standardError.write(Data("fuzz NAME [OPTION...] [CORPUS...], with NAME one of \(FuzzTarget.allCases.map(\.rawValue))\n".utf8))
    exit(2)
}
FuzzTarget.current = target

var arguments = CommandLine.arguments
arguments.remove(at: 1)
var count = Int32(arguments.count)
var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
let status = pointers.withUnsafeMutableBufferPointer { pointers in
    var first = pointers.baseAddress
    return LLVMFuzzerRunDriver(&count, &first) { data, size in
        FuzzTarget.current.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
    }
}
exit(status)
