import Foundation

/// A process of `reference-server`, honest or faulty, on a loopback port of its own.
package final class ReferenceServer {
  /// The one built together with the tests; nil where there is none.
  package static let executable: URL? = {
    let products = [Bundle.main.executableURL, URL(fileURLWithPath: CommandLine.arguments[0])]
      .compactMap { $0?.resolvingSymlinksInPath().deletingLastPathComponent() }
    let built = [".build/release", ".build/debug"].map { Repository.root.appendingPathComponent($0) }
    return (products + built).map { $0.appendingPathComponent("reference-server") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }()

  package static var isBuilt: Bool { executable != nil }
  package static let absent = "the reference server was not built"

  private struct Silent: Error {}

  private let process: ChildProcess
  package let port: Int

  /// Starts a server and waits until it listens.
  ///
  /// - Parameter port: 0 for any that is free.
  package init(_ options: [String] = [], port: Int = 0) throws {
    guard let executable = Self.executable else { throw Silent() }
    let output = Pipe()
    process = try ChildProcess(
      executable, options + ["--port", "\(port)"], in: Repository.root,
      output: output.fileHandleForWriting.fileDescriptor)
    try output.fileHandleForWriting.close()
    var line = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 10 { line += byte }
    guard let number = Int(String(decoding: line, as: UTF8.self)) else { throw Silent() }
    self.port = number
  }

  deinit { kill() }

  package var address: String { "http://127.0.0.1:\(port)/v2/models/model" }

  /// SIGKILL, and waits for the end.
  package func kill() {
    process.send(SIGKILL)
    process.wait()
  }

  /// Another server in this one's place.
  package func restarted(_ options: [String] = []) throws -> ReferenceServer {
    kill()
    return try ReferenceServer(options, port: port)
  }
}
