/// Something from outside — a file, an array, a checkpoint — that cannot be used. Exit status 65.
///
/// The message names the file, the place in it (an offset, a field, a tensor) and, where they exist, what was
/// expected and what was found.
public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String?
  /// Where in the file: `offset 1024`, `field "shape"`, `tensor "model.enc.32x32_conv.weight"`.
  public var location: String?
  public var problem: String
  public var expected: String?
  public var found: String?

  public init(
    _ problem: String, file: String? = nil, location: String? = nil, expected: String? = nil, found: String? = nil
  ) {
    self.problem = problem
    self.file = file
    self.location = location
    self.expected = expected
    self.found = found
  }

  /// The same error, placed in `file` unless it already names one.
  public func inFile(_ file: String) -> InputError {
    var copy = self
    copy.file = copy.file ?? file
    return copy
  }

  public var description: String {
    var text = [file, location].compactMap { $0 }.joined(separator: ", ")
    text += text.isEmpty ? problem : ": \(problem)"
    if let expected { text += "; expected \(expected)" }
    if let found { text += (expected == nil ? "; found " : ", found ") + found }
    return text
  }
}
