import Basics
import CCurl
import Foundation

/// One connection to a server, kept alive between requests (libcurl); used from one thread at a time.
///
/// It follows no redirection: nothing that a server says decides where data go.
final class HTTPConnection {
  /// What came back; the body stays in the connection until the next request.
  struct Response {
    var status: Int
    /// `Inference-Header-Content-Length`: where the binary tensors begin.
    var inferenceHeaderLength: Int?
    /// Whether a connection was made for it: the server may be another process than before.
    var isOnNewConnection: Bool
  }

  /// A request without a response.
  enum Failure: Error {
    /// Trying again may help.
    case interrupted(String)
    /// Trying again does not help, such as a certificate that is not trusted.
    case refused(String)
    /// More bytes than the caller takes.
    case tooLong(limit: Int)
  }

  private static let isLibraryReady = ndc_curl_start() == CURLE_OK

  private let curl: UnsafeMutableRawPointer
  private let origin: String
  private let secret: String?
  private var headers: UnsafeMutablePointer<curl_slist>?
  /// libcurl's words on what went wrong.
  private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  /// What the callbacks fill.
  private var received: UnsafeMutableRawPointer?
  private var capacity = 0
  private var count = 0
  private var limit = 0
  private var isTooLong = false
  private var inferenceHeaderLength: Int?

  /// - Parameters:
  ///   - token: what `Authorization: Bearer` says.
  ///   - timeout: seconds for one request.
  init(origin: String, token: String?, timeout: Double) throws {
    guard Self.isLibraryReady, let curl = curl_easy_init() else {
      throw InputError("libcurl cannot be started; is it installed? (Debian: libcurl4)")
    }
    self.curl = curl
    self.origin = origin
    secret = token
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = ndc_curl_set_protocols(curl)
    // What the curl tool obeys and libcurl by itself does not.
    let environment = ProcessInfo.processInfo.environment
    if let file = ["CURL_CA_BUNDLE", "SSL_CERT_FILE"].lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty })
    {
      _ = ndc_curl_set_text(curl, CURLOPT_CAINFO, file)
    }
    _ = ndc_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
    _ = ndc_curl_set_long(curl, CURLOPT_FOLLOWLOCATION, 0)
    _ = ndc_curl_set_long(curl, CURLOPT_TCP_KEEPALIVE, 1)
    _ = ndc_curl_set_long(curl, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    _ = ndc_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT_MS, Int(max(1, min(timeout, 10) * 1000)))
    _ = ndc_curl_set_long(curl, CURLOPT_TIMEOUT_MS, Int(max(1, timeout * 1000)))
    _ = ndc_curl_set_long(curl, CURLOPT_BUFFERSIZE, 512 << 10)
    _ = ndc_curl_set_long(curl, CURLOPT_UPLOAD_BUFFERSIZE, 2 << 20)
    _ = ndc_curl_set_long(curl, CURLOPT_NOPROGRESS, 0)
    message.pointee = 0
    _ = ndc_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, message)
    _ = ndc_curl_set_data(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let connection = Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue()
      return connection.append(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
    }
    _ = ndc_curl_set_pointer(curl, CURLOPT_WRITEDATA, context)
    _ = ndc_curl_set_data(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let connection = Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue()
      connection.readHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    _ = ndc_curl_set_pointer(curl, CURLOPT_HEADERDATA, context)
    // Called about once a second while nothing moves: a request that waits is given up when its task is cancelled.
    _ = ndc_curl_set_progress(curl) { _, _, _, _, _ in Task.isCancelled ? 1 : 0 }
  }

  deinit {
    curl_easy_cleanup(curl)
    curl_slist_free_all(headers)
    received?.deallocate()
    message.deallocate()
  }

  /// The body of the last response.
  var body: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: received, count: count) }

  /// - Parameter limit: the most bytes that a response may have.
  /// - Throws: `Failure`; `CancellationError`.
  func get(_ path: String, limit: Int) throws -> Response {
    _ = ndc_curl_set_long(curl, CURLOPT_HTTPGET, 1)
    return try perform(path, fields: ["Accept: application/json"], limit: limit)
  }

  /// - Parameters:
  ///   - body: must stay until this returns.
  ///   - inferenceHeaderLength: where the binary tensors begin; nil for a body that is JSON throughout.
  ///   - limit: the most bytes that a response may have.
  /// - Throws: `Failure`; `CancellationError`.
  func post(_ path: String, body: UnsafeRawBufferPointer, inferenceHeaderLength: Int?, limit: Int) throws -> Response {
    _ = ndc_curl_set_long(curl, CURLOPT_POST, 1)
    _ = ndc_curl_set_size(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
    _ = ndc_curl_set_pointer(curl, CURLOPT_POSTFIELDS, body.baseAddress)
    // Without a word libcurl asks whether a large body is welcome and waits a second for the answer.
    var fields = ["Expect:"]
    if let inferenceHeaderLength {
      fields += ["Content-Type: application/octet-stream", "Inference-Header-Content-Length: \(inferenceHeaderLength)"]
    } else {
      fields.append("Content-Type: application/json")
    }
    return try perform(path, fields: fields, limit: limit)
  }

  private func perform(_ path: String, fields: [String], limit: Int) throws -> Response {
    if Task.isCancelled { throw CancellationError() }
    curl_slist_free_all(headers)
    headers = nil
    for field in fields + (secret.map { ["Authorization: Bearer \($0)"] } ?? []) {
      headers = curl_slist_append(headers, field)
    }
    _ = ndc_curl_set_headers(curl, headers)
    _ = ndc_curl_set_text(curl, CURLOPT_URL, origin + path)
    count = 0
    self.limit = limit
    isTooLong = false
    inferenceHeaderLength = nil
    message.pointee = 0
    let code = curl_easy_perform(curl)
    if Task.isCancelled { throw CancellationError() }
    if isTooLong { throw Failure.tooLong(limit: limit) }
    guard code == CURLE_OK else {
      let text = String(cString: message.pointee == 0 ? curl_easy_strerror(code) : UnsafePointer(message))
      throw Self.passing.contains(code.rawValue) ? Failure.interrupted(text) : Failure.refused(text)
    }
    var status = 0
    var connections = 0
    _ = ndc_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status)
    _ = ndc_curl_get_long(curl, CURLINFO_NUM_CONNECTS, &connections)
    return Response(
      status: status, inferenceHeaderLength: inferenceHeaderLength, isOnNewConnection: connections > 0)
  }

  /// What may be over when the server is back.
  private static let passing = Set(
    [
      CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT, CURLE_PARTIAL_FILE,
      CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SSL_CONNECT_ERROR, CURLE_WEIRD_SERVER_REPLY,
    ].map(\.rawValue))

  private func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return true }
    guard bytes.count <= limit - count else {
      isTooLong = true
      return false
    }
    if count + bytes.count > capacity {
      let larger = min(limit, max(count + bytes.count, 2 * capacity))
      let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
      if let received {
        memory.copyMemory(from: received, byteCount: count)
        received.deallocate()
      }
      received = memory
      capacity = larger
    }
    received?.advanced(by: count).copyMemory(from: start, byteCount: bytes.count)
    count += bytes.count
    return true
  }

  private func readHeader(_ line: UnsafeRawBufferPointer) {
    let text = String(decoding: line.prefix(256), as: UTF8.self)
    // An interim response's headers come first.
    if text.hasPrefix("HTTP/") { inferenceHeaderLength = nil }
    guard let colon = text.firstIndex(of: ":"),
      text[..<colon].lowercased() == "inference-header-content-length"
    else { return }
    inferenceHeaderLength = Int(text[text.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
