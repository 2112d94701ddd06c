/// A map of pictures onto pictures under which classes stay what they are, and which undoes itself.
public enum ImageSymmetry: String, Hashable, Sendable, Codable {
  /// Left and right change places.
  case mirror
}

extension ImageSymmetry: CustomStringConvertible {
  /// What a denoiser averaged under it is, in words.
  public var description: String { "averaged over the mirrored picture" }
}
