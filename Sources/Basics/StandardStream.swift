import Foundation

/// stdout and stderr, which may be closed, full or a pipe whose reader is gone: none of it ends the program by itself.
package enum StandardStream: Int32, Sendable {
  case output = 1
  case errors = 2

  /// Writes all of a text.
  ///
  /// - Returns: the system's error number where it could not; nil where it could.
  @discardableResult
  package func write(_ text: String) -> Int32? {
    Array(text.utf8).withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let written = Foundation.write(rawValue, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written > 0 {
          rest = rest.dropFirst(written)
        } else if written < 0, errno == EAGAIN {
          // Another process has made the terminal or pipe one that does not wait.
          var ready = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
          _ = poll(&ready, 1, -1)
        } else if written < 0, errno != EINTR {
          return errno
        }
      }
      return nil
    }
  }
}
