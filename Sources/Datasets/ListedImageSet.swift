import Basics

/// A data set seen through the list that a run recorded: a picture keeps the index under which it was listed, wherever
/// it stands in the data set now.
///
/// Pictures are found by their names; where there are none (arrays), by their indices, and only their digests can tell
/// that they are others now. Indices are those of the list, not 0 ..< `count`.
public struct ListedImageSet: LabeledImageSet {
  public let base: any LabeledImageSet
  public let listed: [PictureIdentity]
  /// Listed pictures that the data set no longer has, in the order of the list.
  public let missing: [PictureIdentity]
  private let entries: [Int: PictureIdentity]
  /// From a listed index to the place in `base`.
  private let places: [Int: Int]

  /// - Throws: `InputError` when an index or a name is listed twice.
  public init(_ base: any LabeledImageSet, listed: [PictureIdentity]) throws {
    self.base = base
    self.listed = listed
    var named: [String: Int] = [:]
    if base.count > 0, base.pictureName(at: 0) != nil {
      for place in 0..<base.count { named[base.pictureName(at: place) ?? ""] = place }
    }
    var entries: [Int: PictureIdentity] = [:]
    var places: [Int: Int] = [:]
    var missing: [PictureIdentity] = []
    var names: Set<String> = []
    for picture in listed {
      let isNew = picture.name.map { names.insert($0).inserted } ?? true
      guard isNew, entries.updateValue(picture, forKey: picture.index) == nil else {
        throw InputError("a picture is listed twice", file: base.name, location: picture.place)
      }
      let place: Int?
      if let name = picture.name, !named.isEmpty {
        place = named[name]
      } else {
        place = (0..<base.count).contains(picture.index) ? picture.index : nil
      }
      if let place { places[picture.index] = place } else { missing.append(picture) }
    }
    self.entries = entries
    self.places = places
    self.missing = missing
  }

  /// `count` more entries for the list, of pictures that it does not name, in the order of `places`; fewer where
  /// `places` ends before.
  ///
  /// A picture's index is its place in the data set or, where a listed picture has that index, one that no picture has.
  /// - Parameter places: of the data set as it is now.
  public func further(_ count: Int, from places: some Sequence<Int>) throws -> [PictureIdentity] {
    var taken = Set(entries.keys)
    var known = Set(self.places.values)
    var spare = max(base.count, (taken.max() ?? -1) + 1)
    var result: [PictureIdentity] = []
    for place in places where result.count < count {
      guard (0..<base.count).contains(place), known.insert(place).inserted else { continue }
      var index = place
      if !taken.insert(index).inserted {
        (index, spare) = (spare, spare + 1)
        taken.insert(index)
      }
      result.append(
        PictureIdentity(index: index, name: base.pictureName(at: place), label: try base.label(at: place)))
    }
    return result
  }

  /// Whether a listed picture is not in the data set.
  public func lacks(_ index: Int) -> Bool { places[index] == nil }

  public var name: String { base.name }
  /// Of the data set, not of the list.
  public var count: Int { base.count }
  public var imageShape: ImageShape { base.imageShape }
  public var decodedShape: ImageShape { base.decodedShape }
  public var classNames: [String] { base.classNames }
  public var maximumLabel: Int? { base.maximumLabel }
  public var classMapping: ClassMapping? { base.classMapping }
  public var notices: [String] { base.notices }

  /// - Throws: `InputError` also when the picture is missing, not listed, or has another label than listed.
  public func image(at index: Int) throws -> LabeledImage {
    var image = try base.image(at: place(of: index))
    image.index = index
    return image
  }

  public func decodedPicture(at index: Int) throws -> Picture { try base.decodedPicture(at: place(of: index)) }
  public func label(at index: Int) throws -> Int? { try base.label(at: place(of: index)) }
  public func pictureName(at index: Int) -> String? { entries[index]?.name }
  public func file(at index: Int) -> String { places[index].map(base.file) ?? base.name }

  public func shaped(by indices: [Int], fitting modelShape: ImageShape?) -> any LabeledImageSet {
    let shaped = base.shaped(by: indices.compactMap { places[$0] }, fitting: modelShape)
    // The same list over the same pictures: it was accepted before.
    return (try? ListedImageSet(shaped, listed: listed)) ?? self
  }

  public func digest() throws -> String { try base.digest() }

  private func place(of index: Int) throws -> Int {
    guard let entry = entries[index] else {
      throw InputError("the picture is not in the run's list", file: base.name, location: "image \(index)")
    }
    guard let place = places[index] else {
      throw InputError("the picture is no longer in the data set", file: base.name, location: entry.place)
    }
    let now = PictureIdentity(index: index, name: entry.name, label: try base.label(at: place))
    if let difference = now.difference(from: entry) { throw difference.inFile(base.file(at: place)) }
    return place
  }
}
