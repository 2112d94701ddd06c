import Basics
import Datasets
import Foundation
import Models
import Records

extension AdaptedImageSet {
  /// The data set of a finished run as it saw it: its listed pictures under their indices, wherever they stand now; for a
  /// run of a version before 0.3.0, class folders labelled by their order.
  ///
  /// - Parameter source: where the data lie now.
  /// - Throws: `InputError` for data that cannot be read or do not suit the model.
  init(_ run: RunManifest, data source: String, resources: URL?, for model: ModelOutline) throws {
    guard let pictures = run.pictures else {
      try self.init(
        DataSource.open(source, resources: resources, foldersByOrder: true), to: model.imageShape)
      try requireLabels(below: model.classCount)
      return
    }
    let data = try DataSource.open(source, resources: resources, for: model)
    guard let listed = pictures.listed else {
      let indices = try run.indices()
      try self.init(data, to: model.imageShape, selected: indices.filter { (0..<data.count).contains($0) })
      return
    }
    let set = try ListedImageSet(data, listed: listed)
    let isGone = Set(set.missing.map(\.index))
    try self.init(set, to: model.imageShape, selected: listed.map(\.index).filter { !isGone.contains($0) })
  }

  /// Whether the image of a run's index is not there.
  func lacks(_ index: Int) -> Bool {
    guard let listed = base as? ListedImageSet else { return !(0..<count).contains(index) }
    return listed.lacks(index)
  }

  /// The image of a run's index, with what it shows now.
  func recordedImage(at index: Int) throws -> LabeledImage {
    // A list tells what it lacks.
    guard base is ListedImageSet || !lacks(index) else {
      throw InputError("the data set has no such image", location: "image \(index)")
    }
    return try identifiedImage(at: index)
  }
}
