import Basics
import Datasets
import Records

/// The list that a run goes on with: what it listed, in its order, and further pictures of the data set as it is now.
struct PictureOrder {
  var pictures: [PictureIdentity]
  /// As the run was asked for, with as many as there are now.
  var selection: ImageSelection

  /// The run's list as it is.
  init(_ listed: [PictureIdentity], selection: ImageSelection) {
    pictures = listed
    self.selection = selection
  }

  /// - Parameters:
  ///   - listed: the run's list.
  ///   - asked: the run's selection.
  ///   - selection: the one asked for now.
  ///   - classes: the only classes that are taken, where others are left out.
  /// - Throws: `UsageError` where the data set has none of the pictures, or too few further ones.
  init(
    _ listed: [PictureIdentity], asked: ImageSelection, in data: any LabeledImageSet, source: String,
    _ selection: ImageSelection, skipping classes: ClassSet?
  ) throws {
    let set = try ListedImageSet(data, listed: listed)
    guard set.missing.count < listed.count else {
      throw UsageError(
        text: "the run is about other data: \(source) has none of the \(listed.count) pictures that it lists"
          + (listed.first.map { ", such as \($0.place)" } ?? ""))
    }
    let places = selection.places(inDatasetOf: data.count)
    self.selection = selection
    if let classes {
      let taken = try places.prefix(selection.count).filter { place in
        try (0..<data.count).contains(place) && data.label(at: place).map(classes.contains) ?? true
      }
      if asked.listed != nil || taken.count < selection.count {
        let further = try set.further(taken.count, from: taken)
        pictures = listed + further
        self.selection = ImageSelection(listed: asked.positions(asked.count) + further.map(\.index))
        return
      }
    }
    let more = selection.count - listed.count
    guard more > 0 else {
      // Fewer than the run has are refused with its other differences.
      pictures = Array(listed.prefix(max(0, selection.count)))
      return
    }
    let further = try set.further(more, from: places)
    guard further.count == more else {
      throw UsageError(
        "\(.count) \(selection.count) asks for more than the \(listed.count + further.count) images that the run lists "
          + "and the data set has beyond them")
    }
    pictures = listed + further
  }
}

extension ImageSelection {
  /// Every place of the data set that the selection would come to, however many it takes.
  fileprivate func places(inDatasetOf size: Int) -> [Int] {
    if let listed { return listed }
    guard stride > 0, (0..<size).contains(first) else { return [] }
    return Array(Swift.stride(from: first, to: size, by: stride))
  }
}
