/// What people call classes.
public struct ClassNames: Hashable, Sendable {
  private let names: [String]
  /// More than a line has room for.
  private static let longest = 40

  /// - Parameter names: by label; empty where nobody says.
  public init(_ names: [String]) { self.names = names }

  /// The names by label; nil where they say no more than the labels do.
  public var known: [String]? { names.enumerated().allSatisfy { Int($1) == $0 } ? nil : names }

  /// "7", or "7 (horse)" where classes have names, also where a folder is called "7-horse" to be the eighth.
  public func text(_ label: Int) -> String {
    guard names.indices.contains(label) else { return "\(label)" }
    var name = names[label][...]
    let number = name.prefix { $0.isASCII && $0.isNumber }
    if Int(number) == label { name = name.dropFirst(number.count).drop { "-_. ".contains($0) } }
    guard !name.isEmpty else { return "\(label)" }
    // What a terminal would obey has no place in a name.
    let shown = name.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) }
    return "\(label) (\(String(shown.prefix(Self.longest))))"
  }
}
