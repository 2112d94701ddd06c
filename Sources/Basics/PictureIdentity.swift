/// Which picture of a data set a run takes, and what it showed: an entry of the list that a run binds to.
public struct PictureIdentity: Hashable, Sendable, Codable {
  /// The index that keys the picture's noise and names its record.
  public var index: Int
  /// The file's name within the data set, as in `cat/0001.png`; nil where pictures have no names (arrays).
  public var name: String?
  public var label: Int?
  /// SHA-256 of the decoded pixels before anything fits them to a model; nil where the picture was not decoded.
  ///
  /// Of `f4 C H W`, a newline, and the C·H·W values in [0, 1] in C order as 32-bit little-endian floats: the same
  /// picture has the same digest as PNG, in an array, in a batch.
  public var digest: String?

  public init(index: Int, name: String? = nil, label: Int? = nil, digest: String? = nil) {
    self.index = index
    self.name = name
    self.label = label
    self.digest = digest
  }

  /// `image 7 (cat/0001.png)`.
  public var place: String { "image \(index)" + (name.map { " (\($0))" } ?? "") }

  /// What makes this picture another one than `recorded`; nil where it is the same.
  ///
  /// A digest that one of the two lacks says nothing.
  public func difference(from recorded: PictureIdentity) -> InputError? {
    if label != recorded.label {
      return InputError(
        "the picture has another label than when the run began", location: recorded.place,
        expected: recorded.label.map { "\($0)" } ?? "none", found: label.map { "\($0)" } ?? "none")
    }
    guard let digest, let other = recorded.digest, digest != other else { return nil }
    return InputError(
      "the picture is not the one that the run recorded", location: recorded.place, expected: "SHA-256 \(other)",
      found: digest)
  }
}
