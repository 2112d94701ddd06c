import CDNNL

/// An operation bound to one worker's memory, ready to run any number of times.
public final class BoundCall {
  private let pointer: OpaquePointer
  private let operation: Operation

  /// - Parameters:
  ///   - second: the second matrix of a product, nil otherwise.
  ///   - scratchpad: at least `operation.scratchpadSize` bytes, free for the call's duration.
  public init(
    _ operation: Operation, source: UnsafeRawPointer, second: UnsafeRawPointer? = nil,
    destination: UnsafeMutableRawPointer, scratchpad: UnsafeMutableRawPointer
  ) throws {
    var pointer: OpaquePointer?
    try EngineError.check(ndc_dnnl_bind(&pointer, operation.pointer, source, second, destination, scratchpad))
    guard let pointer else { throw EngineError(action: "bind an operation", status: -1) }
    self.pointer = pointer
    self.operation = operation
  }

  deinit { ndc_dnnl_call_destroy(pointer) }

  public func run() throws { try EngineError.check(ndc_dnnl_run(pointer)) }
}
