import Basics

/// Which picture a record is about: `picture` of records.jsonl.
public struct RecordedPicture: Hashable, Sendable, Codable {
  /// The file's name within the data set; nil where pictures have no names.
  public var name: String?
  /// SHA-256 of the decoded pixels, as `PictureIdentity.digest`.
  public var digest: String

  public init(name: String?, digest: String) {
    self.name = name
    self.digest = digest
  }

  /// nil of a picture whose pixels nobody looked at.
  public init?(_ picture: PictureIdentity?) {
    guard let picture, let digest = picture.digest else { return nil }
    self.init(name: picture.name, digest: digest)
  }
}

extension ImageRecord {
  /// The picture as the record knows it.
  public var identity: PictureIdentity {
    PictureIdentity(index: index, name: picture?.name, label: label, digest: picture?.digest)
  }
}
