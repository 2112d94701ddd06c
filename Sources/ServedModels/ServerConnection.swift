import Basics
import Foundation

/// A connection that waits for its server: what may pass is tried again for as long as the patience lasts.
final class ServerConnection {
  let address: ServedAddress
  private let patience: Double
  private let http: HTTPConnection

  /// - Throws: `InputError` for a token that no header can carry.
  init(_ address: ServedAddress, patience: Double) throws {
    self.address = address
    self.patience = patience
    // Half of the patience for one request, so that a hung one can be sent again.
    http = try HTTPConnection(
      origin: address.origin, token: try Self.token(for: address), timeout: max(0.5, patience / 2))
  }

  /// The body of the last response.
  var body: UnsafeRawBufferPointer { http.body }

  /// A response of status 200.
  ///
  /// - Parameters:
  ///   - limit: the most bytes that it may have.
  ///   - accepts: other statuses that are an answer.
  ///   - request: sends it.
  /// - Throws: `ServerUnavailable`; `InputError` for another status or a response that is too long; `CancellationError`.
  func response(
    limit: Int, accepting accepts: Set<Int> = [], _ request: (HTTPConnection) throws -> HTTPConnection.Response
  ) throws -> HTTPConnection.Response {
    let clock = ContinuousClock()
    let start = clock.now
    var pause = 0.05
    var isOnNewConnection = false
    while true {
      let problem: String
      do {
        var response = try request(http)
        response.isOnNewConnection = response.isOnNewConnection || isOnNewConnection
        if response.status == 200 || accepts.contains(response.status) { return response }
        guard [429, 502, 503, 504].contains(response.status) else { throw refusal(response.status) }
        problem = "status \(response.status)\(reason)"
      } catch HTTPConnection.Failure.interrupted(let text) {
        problem = text
        // Whoever answers next may be another process.
        isOnNewConnection = true
      } catch HTTPConnection.Failure.refused(let text) {
        throw ServerUnavailable(address: address.text, problem: text)
      } catch HTTPConnection.Failure.tooLong(let limit) {
        throw InputError("the response is too long", file: address.text, expected: "at most \(limit) bytes")
      }
      let waited = (clock.now - start) / .seconds(1)
      guard waited + pause <= patience else {
        throw ServerUnavailable(
          address: address.text,
          problem: "no answer within \(Self.seconds(patience)) (--patience): \(problem)")
      }
      try Self.wait(pause)
      pause = min(2 * pause, 5)
    }
  }

  /// What the server says against a request.
  var reason: String {
    guard http.body.count <= 1 << 16, let text = (try? JSONValue(strict: http.body))?["error"]?.string else {
      return ""
    }
    return ": " + Self.printable(text)
  }

  private func refusal(_ status: Int) -> any Error {
    let hint =
      switch status {
      case 401, 403: " (a token in NDC_BEARER_TOKEN is sent over https, or to this machine)"
      case 404: " (no such model there?)"
      default: ""
      }
    return InputError("the server answers status \(status)\(reason)\(hint)", file: address.text)
  }

  /// A server's text on one line, without what a terminal would obey.
  static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.prefix(300).map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
  }

  private static func seconds(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value)) s" : "\(value) s"
  }

  /// - Throws: `CancellationError` soon after the task is cancelled.
  private static func wait(_ seconds: Double) throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end {
      if Task.isCancelled { throw CancellationError() }
      usleep(20_000)
    }
  }

  private static func token(for address: ServedAddress) throws -> String? {
    guard let token = ProcessInfo.processInfo.environment["NDC_BEARER_TOKEN"], !token.isEmpty,
      address.isEncrypted || address.isLoopback
    else { return nil }
    guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw InputError("NDC_BEARER_TOKEN holds a space or a control character; it is not sent")
    }
    return token
  }
}
