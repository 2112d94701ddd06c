import Foundation

/// A detached thread. Where `run` allocates nothing until it has something to do, neither does the thread: its first
/// allocation sets tens of megabytes of addresses aside.
package enum BareThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a thread that ends when `run` returns.
  ///
  /// - Parameter stackSize: in bytes; small by default, for what hardly ever runs.
  /// - Returns: 0, or the system's reason why there is no thread; nothing runs then.
  @discardableResult
  package static func start(stackSize: Int = 512 << 10, _ run: @escaping @Sendable () -> Void) -> CInt {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    let context = Unmanaged.passRetained(Body(run))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let status = pthread_create(
      &thread, &attributes,
      { context in
        if let context = context as UnsafeMutableRawPointer? {
          Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, context.toOpaque())
    if status != 0 { context.release() }
    return status
  }
}
