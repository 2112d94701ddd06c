import Basics

/// What looking at every selected picture found, before any work: which can be used, and everything that is wrong with
/// the others.
public struct PictureCheck: Sendable {
  /// A picture that cannot be used, and why.
  public struct Offender: Hashable, Sendable {
    public var picture: PictureIdentity
    /// Names the file, what was expected and what was found.
    public var error: InputError

    public init(picture: PictureIdentity, error: InputError) {
      self.picture = picture
      self.error = error
    }
  }

  /// A picture whose file states an EXIF orientation, which is not applied.
  public struct Turned: Hashable, Sendable {
    public var picture: PictureIdentity
    /// 2 to 8.
    public var orientation: Int

    public init(picture: PictureIdentity, orientation: Int) {
      self.picture = picture
      self.orientation = orientation
    }
  }

  /// The usable pictures in the order asked for, with their digests.
  public var pictures: [PictureIdentity] = []
  public var offenders: [Offender] = []
  public var turned: [Turned] = []

  public init() {}

  /// Adds what was found about further pictures, so that parts can be checked in parallel.
  public mutating func append(_ other: PictureCheck) {
    pictures += other.pictures
    offenders += other.offenders
    turned += other.turned
  }

  /// One error that lists every offender, a line each; nil where all pictures can be used.
  public var error: InputError? {
    guard offenders.count > 1 else { return offenders.first?.error }
    let all = offenders.count + pictures.count
    let lines = offenders.map { "\n  \($0.error)" }.joined()
    return InputError("\(offenders.count) of the \(all) selected pictures cannot be used:\(lines)")
  }

  /// - Throws: `error`.
  public func requireNone() throws {
    if let error { throw error }
  }

  /// What to tell about pictures that can be used all the same.
  public var notices: [String] {
    let named = turned.map { (name: $0.picture.name ?? "image \($0.picture.index)", orientation: $0.orientation) }
    return PictureFile.notice(orientations: named).map { [$0] } ?? []
  }
}

extension LabeledImageSet {
  /// Decodes the pictures at `indices` and looks at each one's size and label.
  ///
  /// Pictures are held one at a time.
  /// - Parameters:
  ///   - classCount: the model's number of classes, where labels must lie below it.
  ///   - requiresLabels: whether a picture without a label is an offender.
  /// - Throws: what is no `InputError`.
  public func check(
    _ indices: some Sequence<Int>, classCount: Int? = nil, requiresLabels: Bool = false
  ) throws -> PictureCheck {
    var check = PictureCheck()
    for index in indices {
      var picture = PictureIdentity(index: index, name: pictureName(at: index))
      do {
        picture.label = try label(at: index)
        let decoded = try decodedPicture(at: index)
        picture.digest = decoded.digest
        try require(decoded, at: index)
        try require(label: picture.label, at: index, classCount: classCount, requiresLabels: requiresLabels)
        check.pictures.append(picture)
        if decoded.orientation != 1 {
          check.turned.append(.init(picture: picture, orientation: decoded.orientation))
        }
      } catch let error as InputError {
        check.offenders.append(.init(picture: picture, error: error.inFile(file(at: index))))
      }
    }
    return check
  }

  private func require(_ decoded: Picture, at index: Int) throws {
    guard decoded.shape == decodedShape else {
      throw InputError(
        "the picture has another size than the others", file: file(at: index), expected: "\(decodedShape)",
        found: "\(decoded.shape)")
    }
  }

  private func require(label: Int?, at index: Int, classCount: Int?, requiresLabels: Bool) throws {
    let location = pictureName(at: index) == nil ? "image \(index)" : nil
    guard let label else {
      guard requiresLabels else { return }
      throw InputError(
        "the picture has no label", file: file(at: index), location: location, expected: "one to compare with")
    }
    guard label >= 0, classCount.map({ label < $0 }) ?? true else {
      throw InputError(
        "the label is none of the model's classes", file: file(at: index), location: location,
        expected: "0 to \((classCount ?? 0) - 1)", found: "\(label)")
    }
  }
}
