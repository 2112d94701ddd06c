import Foundation

/// The processor that this runs on.
public enum Processor {
  /// As its maker calls it, such as `Intel(R) Xeon(R) Processor`; `unknown` where the system does not say.
  public static let name: String = {
    #if canImport(Darwin)
      var size = 0
      guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 1 else { return "unknown" }
      var text = [UInt8](repeating: 0, count: size)
      guard sysctlbyname("machdep.cpu.brand_string", &text, &size, nil, 0) == 0 else { return "unknown" }
      return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    #else
      let lines = String(
        decoding: FileManager.default.contents(atPath: "/proc/cpuinfo") ?? Data(), as: UTF8.self
      )
      .split(separator: "\n")
      let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":", maxSplits: 1).last
      return name.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    #endif
  }()
}
