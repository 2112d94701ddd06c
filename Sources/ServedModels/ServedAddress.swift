import Basics
import Foundation

/// The address of a model in the Open Inference Protocol: `http[s]://HOST[:PORT]/v2/models/NAME[/versions/V]`.
public struct ServedAddress: Hashable, Sendable, CustomStringConvertible {
  /// As it was given.
  public let text: String
  /// `http://HOST[:PORT]`.
  let origin: String
  /// `/v2/models/NAME[/versions/V]`, as it was given.
  let path: String
  let isEncrypted: Bool
  /// Whether the host is this machine.
  let isLoopback: Bool

  public var description: String { text }

  /// Whether a text means an address rather than a file.
  public static func isAddress(_ text: String) -> Bool {
    let lower = text.lowercased()
    return lower.hasPrefix("http://") || lower.hasPrefix("https://")
  }

  /// - Throws: `UsageError` for anything that is not such an address; nothing is guessed.
  public init(_ text: String) throws {
    func refuse(_ problem: String) -> UsageError {
      UsageError(text: "\(text): \(problem); expected http[s]://HOST[:PORT]/v2/models/NAME[/versions/V]")
    }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let parts = URLComponents(string: text) else {
      throw refuse("not an address")
    }
    guard let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https",
      let host = parts.host, !host.isEmpty
    else { throw refuse("not an http address with a host") }
    guard parts.user == nil, parts.password == nil else {
      throw refuse("credentials do not belong in an address (NDC_BEARER_TOKEN in the environment is sent instead)")
    }
    guard parts.query == nil, parts.fragment == nil else { throw refuse("an address has no query and no fragment") }
    let port = parts.port
    if let port, !(1...65535).contains(port) { throw refuse("no such port: \(port)") }
    let steps = parts.percentEncodedPath.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isVersioned = steps.count == 6 && steps[4] == "versions" && !steps[5].isEmpty
    guard steps.count == 4 || isVersioned, steps[0].isEmpty, steps[1] == "v2", steps[2] == "models", !steps[3].isEmpty
    else { throw refuse("not a model's path") }
    guard !steps.contains("."), !steps.contains("..") else { throw refuse("not a model's name") }
    self.text = text
    origin = "\(scheme)://" + (parts.percentEncodedHost ?? host) + (port.map { ":\($0)" } ?? "")
    path = parts.percentEncodedPath
    isEncrypted = scheme == "https"
    let name = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).lowercased()
    isLoopback = name == "localhost" || name == "::1" || Self.isLoopback(ipv4: name)
  }

  /// 127.0.0.0/8 in four numbers; a name that only begins so is somewhere else.
  private static func isLoopback(ipv4 name: String) -> Bool {
    let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
  }
}
