import Foundation
import TestSupport
import Testing

/// The built `ndc`, run as its users run it.
struct Program {
  /// How a run of the program ended.
  struct Ending {
    /// The exit status; nil when a signal ended the process.
    var status: Int32?
    var output: String
    var errors: String

    /// stdout's one JSON object.
    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try JSONDecoder().decode(type, from: Data(output.utf8))
    }
  }

  /// The program under test: NDC_EXECUTABLE, or the one built together with these tests; nil where there is none.
  static let executable: URL? = {
    // No test's votes may depend on how fast the machine is just now.
    setenv("NDC_MEASURE", "never", 0)
    if let named = ProcessInfo.processInfo.environment["NDC_EXECUTABLE"] { return URL(fileURLWithPath: named) }
    let products = [Bundle.main.executableURL, URL(fileURLWithPath: CommandLine.arguments[0])]
      .compactMap { $0?.resolvingSymlinksInPath().deletingLastPathComponent() }
    let built = [".build/release", ".build/debug"].map { Repository.root.appendingPathComponent($0) }
    return (products + built).map { $0.appendingPathComponent("ndc") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }()

  static var isBuilt: Bool { executable != nil }
  static let absent: Comment = "the ndc executable was not built"

  /// Longer than any run here takes; a program that hangs is ended and its test fails.
  private static let timeLimit: TimeInterval = 600

  private struct Absent: Error {}

  private let process: ChildProcess
  private let folder: URL

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - workingFolder: where relative paths begin; nil for the tests' own.
  ///   - addressSpace: the most memory, in KiB, as `ulimit -v` sets it; nil for no limit.
  ///   - environment: variables beside the tests' own.
  ///   - output: where stdout goes; nil to keep it.
  ///   - errors: where stderr goes; nil to keep it.
  init(
    _ arguments: [String], in workingFolder: URL? = nil, addressSpace: Int? = nil, environment: [String: String] = [:],
    output: FileHandle? = nil,
    errors: FileHandle? = nil
  ) throws {
    guard let executable = Self.executable else { throw Absent() }
    folder = try TemporaryFolder.make()
    // Files instead of pipes: a pipe that nobody empties stops the program.
    for name in ["output", "errors"] {
      try Data().write(to: folder.appendingPathComponent(name))
    }
    // A handle that the caller brings is the caller's to close.
    let ownOutput = try output == nil ? FileHandle(forWritingTo: folder.appendingPathComponent("output")) : nil
    let ownErrors = try errors == nil ? FileHandle(forWritingTo: folder.appendingPathComponent("errors")) : nil
    let limited = addressSpace.map { ["/bin/sh", "-c", "ulimit -v \($0) && exec \"$0\" \"$@\""] } ?? []
    let variables = environment.isEmpty ? [] : ["/usr/bin/env"] + environment.map { "\($0)=\($1)" }
    let words = variables + limited + [executable.path] + arguments
    process = try ChildProcess(
      URL(fileURLWithPath: words[0]), Array(words.dropFirst()),
      in: workingFolder ?? folder, output: (output ?? ownOutput)?.fileDescriptor,
      errors: (errors ?? ownErrors)?.fileDescriptor)
    try ownOutput?.close()
    try ownErrors?.close()
  }

  /// Runs the program to its end.
  static func run(
    _ arguments: [String], in workingFolder: URL? = nil, environment: [String: String] = [:]
  ) throws -> Ending {
    try Program(arguments, in: workingFolder, environment: environment).wait()
  }

  static func run(_ line: String) throws -> Ending { try run(line.split(separator: " ").map(String.init)) }

  var isRunning: Bool { process.isRunning }
  var identifier: Int32 { process.identifier }
  /// What has been written to stderr until now.
  var errorsSoFar: String { get throws { try text("errors") } }

  /// Processor time of all threads until now; 0 when it has ended.
  var secondsComputed: Double {
    guard let line = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
      let end = line.lastIndex(of: ")")
    else { return 0 }
    // Fields 14 and 15: ticks as a user and in the system.
    let fields = line[line.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Bytes of the most memory that it has held until now; 0 when it has ended, or where there is no /proc.
  var peakMemory: Int {
    let status = (try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 } ?? 0
  }

  func send(_ signal: Int32) { process.send(signal) }

  /// Waits for the end; called once.
  func wait() throws -> Ending {
    let ending = process.wait(limit: Self.timeLimit)
    defer { try? FileManager.default.removeItem(at: folder) }
    return Ending(
      status: ending.isSignal ? nil : ending.code, output: try text("output"), errors: try text("errors"))
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
  }
}
