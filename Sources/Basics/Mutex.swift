#if THREAD_SANITIZER
  import Foundation

  /// The standard library's lock with the thread sanitizer's eyes on it: a contended `Synchronization.Mutex` is acquired
  /// inside a library without instrumentation, and everything it protects would look like a race. For
  /// Scripts/sanitize.sh alone.
  package struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // The value is reached with the lock held and in no other way.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    package init(_ value: consuming sending Value) {
      lock = .allocate(capacity: 1)
      pthread_mutex_init(lock, nil)
      self.value = .allocate(capacity: 1)
      self.value.initialize(to: value)
    }

    deinit {
      value.deinitialize(count: 1)
      value.deallocate()
      pthread_mutex_destroy(lock)
      lock.deallocate()
    }

    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      return try body(&value.pointee)
    }
  }
#else
  import Synchronization

  /// The standard library's lock; another one under the thread sanitizer.
  package typealias Mutex<Value: ~Copyable> = Synchronization.Mutex<Value>
#endif
