/// Options that do not fit together or lie outside their range. Exit status 64.
///
/// The library names ``Parameter``s, whoever shows the message may call them otherwise: the tool calls them flags.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: UsageMessage
  public init(_ message: UsageMessage) { self.message = message }
  /// A message that names no parameter, or names them itself.
  public init(text: String) { message = UsageMessage(text: text) }
  /// - Parameter parameter: what the text is about; it stands before it.
  public init(_ text: String, parameter: Parameter) { message = "\(parameter) \(text)" }

  public var description: String { message.text(\.rawValue) }
}

/// What a user of the library or of the tool chooses.
public enum Parameter: String, Hashable, Sendable, CaseIterable {
  case sigma, method, timesteps, levels, weighting, skippedSteps, first, count, stride, resume, directory, samples,
    targetRadii, claim, calibration, unconditionalModel, precisions, classes, classCount, imageShape, rows, connections,
    patience, shard, mirror
}

/// A text in which parameters are kept apart from words: `"\(.sigma) \(value): must be positive"`.
public struct UsageMessage: Hashable, Sendable, ExpressibleByStringInterpolation {
  enum Part: Hashable, Sendable {
    case text(String)
    case parameter(Parameter)
  }

  private var parts: [Part]

  public init(text: String) { parts = [.text(text)] }
  public init(stringLiteral text: String) { parts = [.text(text)] }
  public init(stringInterpolation: StringInterpolation) { parts = Self.joined(stringInterpolation.parts) }

  /// Equal texts are equal messages, whatever they were put together from.
  private static func joined(_ parts: [Part]) -> [Part] {
    parts.reduce(into: []) { joined, part in
      if case .text(let text) = part, case .text(let before)? = joined.last {
        joined[joined.count - 1] = .text(before + text)
      } else if part != .text("") {
        joined.append(part)
      }
    }
  }

  public struct StringInterpolation: StringInterpolationProtocol {
    var parts: [Part] = []
    public init(literalCapacity: Int, interpolationCount: Int) {}
    public mutating func appendLiteral(_ literal: String) { parts.append(.text(literal)) }
    public mutating func appendInterpolation(_ parameter: Parameter) { parts.append(.parameter(parameter)) }
    public mutating func appendInterpolation(_ value: some Any) { parts.append(.text(String(describing: value))) }
  }

  public static func + (first: UsageMessage, second: UsageMessage) -> UsageMessage {
    var sum = first
    sum.parts = joined(first.parts + second.parts)
    return sum
  }

  /// The text, with parameters called as `name` says.
  public func text(_ name: (Parameter) -> String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .parameter(let parameter): name(parameter)
      }
    }.joined()
  }
}
