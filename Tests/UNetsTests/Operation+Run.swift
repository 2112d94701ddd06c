import OneDNN
import Testing

extension Operation {
  /// Runs once, with a scratchpad of its own.
  func run(_ source: [UInt8], into values: inout [Float]) throws {
    let scratchpad = UnsafeMutableRawPointer.allocate(byteCount: max(1, scratchpadSize), alignment: 64)
    defer { scratchpad.deallocate() }
    try source.withUnsafeBytes { source in
      try values.withUnsafeMutableBytes { destination in
        let source = try #require(source.baseAddress)
        let destination = try #require(destination.baseAddress)
        try BoundCall(self, source: source, destination: destination, scratchpad: scratchpad).run()
      }
    }
  }
}
