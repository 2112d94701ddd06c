import Basics

/// Which part of a larger run this one is: of the whole selection, in its order, the images at positions p with
/// p mod N = k. Kept as `shard` in `run.json`.
public struct RunShard: Hashable, Sendable, Codable {
  /// k and N as they are named.
  public struct Choice: Hashable, Sendable, CustomStringConvertible {
    public let index: Int
    public let of: Int

    /// - Throws: `UsageError` unless 0 ≤ k < N.
    public init(index: Int, of: Int) throws {
      guard of > 0, of <= RunManifest.largestCount, (0..<of).contains(index) else {
        throw UsageError("\(index)/\(of): k/N takes 0 ≤ k < N", parameter: .shard)
      }
      self.index = index
      self.of = of
    }

    /// `k/N`; nil where the text is none.
    public init?(text: String) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard parts.count == 2, let index = parts[0], let of = parts[1],
        let choice = try? Choice(index: index, of: of)
      else { return nil }
      self = choice
    }

    public var description: String { "\(index)/\(of)" }
  }

  /// The whole selection as it was asked for: of a list of indices, which can be long, the digest alone.
  public struct Selection: Hashable, Sendable, Codable {
    public var first: Int?
    public var stride: Int?
    public var count: Int
    /// SHA-256 of the listed indices, each followed by a newline.
    public var listed: String?

    public init(_ selection: ImageSelection) {
      count = selection.count
      guard selection.listed != nil else {
        (first, stride) = (selection.first, selection.stride)
        return
      }
      let text = selection.positions(selection.count).reduce(into: "") { $0 += "\($1)\n" }
      listed = Array(text.utf8).withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) }
    }
  }

  /// k.
  public var index: Int
  /// N.
  public var of: Int
  /// How many images the whole has.
  public var images: Int
  public var selection: Selection
  /// SHA-256 of the whole's pictures by ascending index, a line each as in ``RunPictures``, with index, label and name
  /// but not what they show: no shard looks at the others' pictures.
  public var pictures: String

  /// - Parameters:
  ///   - selection: the whole as it was asked for.
  ///   - pictures: the whole's.
  /// - Throws: `UsageError` where the shard has no image.
  public init(_ choice: Choice, of selection: ImageSelection, pictures: [PictureIdentity]) throws {
    guard choice.index < pictures.count else {
      throw UsageError(
        "\(choice) has no image: the selection has \(pictures.count), which make at most as many shards",
        parameter: .shard)
    }
    index = choice.index
    of = choice.of
    images = pictures.count
    self.selection = Selection(selection)
    self.pictures = Self.digest(pictures)
  }

  static func digest(_ pictures: [PictureIdentity]) -> String {
    RunPictures.digest(
      pictures.sorted { $0.index < $1.index }.map { PictureIdentity(index: $0.index, name: $0.name, label: $0.label) })
  }

  /// `3/12`.
  public var name: String { "\(index)/\(of)" }
  /// Positions of the whole that are the shard's.
  public var positions: [Int] { Array(stride(from: index, to: images, by: of)) }

  /// The shard's own part of the whole.
  public func part(of whole: ImageSelection) -> ImageSelection {
    let positions = positions
    if let listed = whole.listed { return ImageSelection(listed: positions.map { listed[$0] }) }
    return ImageSelection(
      first: whole.first + index * whole.stride, stride: whole.stride * of, count: positions.count)
  }

  /// - Throws: `UsageError` where a shard that is continued is asked for as another one.
  public func require(_ choice: Choice, of asked: ImageSelection) throws {
    func refuse(_ what: String, _ recorded: String, _ found: String) -> UsageError {
      UsageError(text: "the run is another shard: \(what) is \(recorded) in the run, \(found) asked for")
    }
    guard (index, of) == (choice.index, choice.of) else { throw refuse("shard", name, "\(choice)") }
    let selection = Selection(asked)
    guard selection == self.selection else {
      throw refuse("the whole selection", self.selection.words, selection.words)
    }
  }

  /// What is wrong with the shard by itself, and with its images; nil where nothing is.
  func contradiction(_ selection: ImageSelection) -> VerificationFailure? {
    func failure(_ problem: String, _ field: String, expected: String? = nil, found: String? = nil)
      -> VerificationFailure
    {
      VerificationFailure(
        problem, file: RunFile.manifestName, field: "shard." + field, expected: expected, found: found)
    }
    guard of > 0, images <= RunManifest.largestCount, (0..<of).contains(index), index < images else {
      return failure("no shard of so many images", "index", expected: "0 ≤ k < N", found: "\(name) of \(images)")
    }
    let own = positions.count
    guard selection.count == own else {
      return failure("not the shard's number of images", "images", expected: "\(own)", found: "\(selection.count)")
    }
    guard selection.listed == nil else { return nil }
    guard let first = self.selection.first, let stride = self.selection.stride, self.selection.count == images else {
      return failure("the whole is a list, and its part is none", "selection")
    }
    let (expected, overflow) = stride.multipliedReportingOverflow(by: of)
    guard !overflow, selection.stride == expected, selection.first == first &+ index &* stride else {
      return failure(
        "the images are not this shard's", "selection",
        expected: "first \(first &+ index &* stride), stride \(expected)",
        found: "first \(selection.first), stride \(selection.stride)")
    }
    return nil
  }
}

extension RunShard.Selection {
  var words: String {
    if let listed { return "a list of \(count) (SHA-256 \(listed.prefix(12))…)" }
    return "first \(first ?? 0), stride \(stride ?? 1), count \(count)"
  }
}
