import CMappings
import Foundation

/// What memory this process may still take, asked before much of it is taken: Swift's allocator ends the process where
/// there is none, without a word about what needed it.
public enum MemoryBudget {
  /// Left for everything too small to ask.
  static let reserve = 32 << 20
  /// Below this nothing is asked.
  static let smallest = 1 << 18

  /// - Parameters:
  ///   - bytes: how many are about to be taken.
  ///   - purpose: what for, as in "the weights".
  /// - Throws: `InputError` naming the purpose and the limit that forbids it.
  public static func require(_ bytes: Int, for purpose: String, file: String? = nil) throws {
    precondition(bytes >= 0)
    guard bytes >= smallest else { return }
    try require(bytes, for: purpose, file: file, limits: MemoryLimit.current())
  }

  /// Where addresses are limited, threads share two heaps: each thread's own would take 64 MiB of them, and whether that
  /// still fits would depend on which thread comes first. Called before any thread is started.
  public static func shareHeapsUnderLimit() {
    if MemoryLimit.addressSpace() != nil { cm_share_heaps(2) }
  }

  /// Gives freed memory back to the system, after something large: the heaps would keep it, and what comes next, cut to
  /// other sizes, would lie beside it.
  public static func giveBack() { cm_give_back() }

  package static func require(_ bytes: Int, for purpose: String, file: String?, limits: [MemoryLimit]) throws {
    guard let least = limits.min(by: { $0.left < $1.left }) else { return }
    let (needed, overflow) = bytes.addingReportingOverflow(reserve)
    guard overflow || needed > least.left else { return }
    throw InputError(
      "not enough memory for \(purpose)", file: file, expected: "\(text(bytes)) and \(text(reserve)) to spare",
      found: "\(text(max(0, least.left))) left under \(least.name)")
  }

  private static func text(_ bytes: Int) -> String { "\((bytes >> 20) + (bytes & 0xFFFFF == 0 ? 0 : 1)) MiB" }
}

/// A limit on this process's memory, and what is left under it.
package struct MemoryLimit: Hashable, Sendable {
  package var name: String
  /// Bytes.
  package var left: Int

  package init(name: String, left: Int) {
    self.name = name
    self.left = left
  }

  /// Every limit that the system states; what it does not state does not limit.
  package static func current() -> [MemoryLimit] {
    [addressSpace(), data(), controlGroup(), machine(text(of: "/proc/meminfo"))].compactMap(\.self)
  }

  // Where there is no /proc to say what is taken, as on macOS, no limit is known.
  #if canImport(Darwin)
    private typealias Resource = Int32
  #else
    private typealias Resource = __rlimit_resource
  #endif

  static func addressSpace() -> MemoryLimit? { process(RLIMIT_AS, name: "ulimit -v", field: 0) }
  private static func data() -> MemoryLimit? { process(RLIMIT_DATA, name: "ulimit -d", field: 5) }

  /// - Parameter field: of /proc/self/statm, in pages.
  private static func process(_ resource: Resource, name: String, field: Int) -> MemoryLimit? {
    var limit = rlimit()
    #if canImport(Darwin)
      let status = getrlimit(resource, &limit)
    #else
      let status = getrlimit(Int32(resource.rawValue), &limit)
    #endif
    guard status == 0, limit.rlim_cur < rlim_t(Int.max) else { return nil }
    let fields = text(of: "/proc/self/statm").split(separator: " ")
    guard field < fields.count, let pages = Int(fields[field]) else { return nil }
    return MemoryLimit(name: name, left: Int(limit.rlim_cur) - pages * sysconf(Int32(_SC_PAGESIZE)))
  }

  /// What cgroup v2 allows; pages of files can be given back.
  private static func controlGroup() -> MemoryLimit? {
    guard let line = text(of: "/proc/self/cgroup").split(separator: "\n").first(where: { $0.hasPrefix("0::") })
    else { return nil }
    let folder = "/sys/fs/cgroup" + line.dropFirst(3)
    func number(_ name: String) -> Int? {
      Int(text(of: folder + "/" + name).trimmingCharacters(in: .whitespacesAndNewlines))
    }
    guard let most = number("memory.max"), let taken = number("memory.current") else { return nil }
    let files = text(of: folder + "/memory.stat").split(separator: "\n").first { $0.hasPrefix("file ") }
    return MemoryLimit(
      name: "the control group's memory.max", left: most - taken + (files.flatMap { Int($0.dropFirst(5)) } ?? 0))
  }

  /// - Parameter memory: /proc/meminfo.
  package static func machine(_ memory: String) -> MemoryLimit? {
    for line in memory.split(separator: "\n") {
      let parts = line.split(separator: " ")
      guard parts.first == "MemAvailable:", parts.count >= 2, let kibibytes = Int(parts[1]) else { continue }
      return MemoryLimit(name: "the machine's available memory", left: kibibytes << 10)
    }
    return nil
  }

  /// A file of the kernel's; empty where there is none.
  private static func text(of path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 16384) { buffer, count in
      count = max(0, Foundation.read(descriptor, buffer.baseAddress, buffer.count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
