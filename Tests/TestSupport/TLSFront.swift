import Foundation

/// TLS before a ``ReferenceServer``, with a certificate of a self-made authority for 127.0.0.1 and 0.0.0.0: `openssl`
/// makes the certificates, Python's `ssl` serves them.
package final class TLSFront {
  private static let openssl = ["/usr/bin/openssl", "/opt/homebrew/bin/openssl"].map(URL.init(fileURLWithPath:))
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].map(URL.init(fileURLWithPath:))
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }

  package static var isPossible: Bool { openssl != nil && python != nil }
  package static let absent = "openssl or python3 is not there"

  private struct Failure: Error {}

  private let process: ChildProcess
  package let port: Int
  /// The authority's certificate.
  package let authority: URL

  /// - Parameter folder: where the certificates go.
  package init(before server: ReferenceServer, in folder: URL) throws {
    guard let openssl = Self.openssl, let python = Self.python else { throw Failure() }
    authority = folder.appendingPathComponent("authority.pem")
    let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(separator: " ")
      .map(String.init)
    let null = open("/dev/null", O_WRONLY)
    defer { close(null) }
    for arguments in [
      ["-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=authority"],
      [
        "-CA", "authority.pem", "-CAkey", "authority.key", "-keyout", "server.key", "-out", "server.pem", "-subj",
        "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1,IP:0.0.0.0", "-addext",
        "basicConstraints=critical,CA:FALSE",
      ],
    ] {
      guard try ChildProcess(openssl, new + arguments, in: folder, errors: null).wait(limit: 60).code == 0 else {
        throw Failure()
      }
    }
    let output = Pipe()
    process = try ChildProcess(
      python,
      [
        Repository.root.appendingPathComponent("Tests/ReferenceServer/tls-front.py").path, "server.pem", "server.key",
        "\(server.port)",
      ], in: folder, output: output.fileHandleForWriting.fileDescriptor)
    try output.fileHandleForWriting.close()
    var line = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 10 { line += byte }
    guard let number = Int(String(decoding: line, as: UTF8.self)) else { throw Failure() }
    port = number
  }

  deinit {
    process.send(SIGKILL)
    process.wait()
  }
}
