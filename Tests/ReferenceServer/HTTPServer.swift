import Foundation

/// HTTP/1.1 on a loopback port, a thread for each connection: as much of it as the Open Inference Protocol needs.
final class HTTPServer: Sendable {
  struct Request {
    /// Which connection it came on, from 1.
    var connection = 0
    var method: String
    var path: String
    var headers: [String: String]
    var body: [UInt8]
  }

  struct Response {
    var status = 200
    var headers: [String] = []
    var body: [UInt8] = []
    /// Bytes after the body, sent as they lie there.
    var tail: ArraySlice<UInt8> = []
    /// What Content-Length says instead of the truth.
    var statedLength: Int?
    /// The connection is closed after so many bytes of the body.
    var cutAfter: Int?
    /// No answer at all: the connection stays open and silent.
    var isSilent = false
  }

  let port: UInt16
  private let listener: Int32
  private let handler: @Sendable (Request) -> Response

  /// - Parameter port: 0 for any that is free.
  init(port: UInt16, handler: @escaping @Sendable (Request) -> Response) throws {
    self.handler = handler
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw POSIXError(.EIO) }
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = listener
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && listen(socket, 128) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRINUSE) }
    self.port = UInt16(bigEndian: address.sin_port)
  }

  func run() {
    var accepted = 0
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { continue }
      accepted += 1
      let number = accepted
      var yes: Int32 = 1
      setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
      Thread { [self] in
        var connection = Connection(socket: client)
        while var request = connection.read() {
          request.connection = number
          guard connection.write(handler(request)) else { break }
        }
        close(client)
      }.start()
    }
  }
}

private struct Connection {
  let socket: Int32
  private var pending: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)

  init(socket: Int32) { self.socket = socket }

  /// nil at the connection's end.
  mutating func read() -> HTTPServer.Request? {
    var end: Int?
    var searched = 0
    while true {
      end = pending[max(0, searched - 3)...].firstRange(of: Array("\r\n\r\n".utf8))?.upperBound
      if end != nil { break }
      searched = pending.count
      guard receive() else { return nil }
    }
    guard let end else { return nil }
    let lines = String(decoding: pending[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].components(separatedBy: " ")
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let length = Int(headers["content-length"] ?? "0") ?? 0
    let early = min(length, pending.count - end)
    let body = [UInt8](unsafeUninitializedCapacity: length) { body, count in
      pending.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(body).copyMemory(from: .init(rebasing: $0[end..<end + early]))
      }
      count = early
      while count < length {
        let received = recv(socket, body.baseAddress?.advanced(by: count), length - count, 0)
        guard received > 0 else { break }
        count += received
      }
    }
    guard body.count == length else { return nil }
    pending.removeFirst(end + early)
    return HTTPServer.Request(method: words[0], path: words[1], headers: headers, body: body)
  }

  private mutating func receive() -> Bool {
    let count = recv(socket, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    pending += buffer[..<count]
    return true
  }

  /// Whether the connection goes on.
  func write(_ response: HTTPServer.Response) -> Bool {
    if response.isSilent {
      // Until the client gives up.
      var byte: UInt8 = 0
      while recv(socket, &byte, 1, 0) > 0 {}
      return false
    }
    let head =
      ([
        "HTTP/1.1 \(response.status) Answer",
        "Content-Length: \(response.statedLength ?? response.body.count + response.tail.count)",
      ]
      + response.headers).joined(separator: "\r\n") + "\r\n\r\n"
    let body = response.cutAfter.map { Array(response.body.prefix($0)) } ?? response.body
    guard send((Array(head.utf8) + body)[...]), response.tail.isEmpty || send(response.tail) else { return false }
    return response.cutAfter == nil && response.statedLength == nil
  }

  private func send(_ bytes: ArraySlice<UInt8>) -> Bool {
    var start = 0
    return bytes.withUnsafeBytes { bytes in
      while start < bytes.count {
        let count = Foundation.send(
          socket, bytes.baseAddress?.advanced(by: start), bytes.count - start, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return false }
        start += count
      }
      return true
    }
  }
}
