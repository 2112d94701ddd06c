import Basics
import Classifiers

extension RunManifest {
  /// More images than any data set has; a list of their indices must fit into memory.
  static let largestCount = 1 << 26

  /// Where this manifest contradicts itself.
  package func contradictions() -> [VerificationFailure] {
    let file = "run.json"
    var failures: [VerificationFailure] = []
    func require<Value: Equatable>(_ found: Value, _ expected: Value, _ field: String, _ problem: String) {
      guard found != expected else { return }
      failures.append(
        VerificationFailure(problem, file: file, field: field, expected: "\(expected)", found: "\(found)"))
    }
    require(format, 1, "format", "a layout that this version does not know")
    require(
      sigma.sigma, statedSmoothing.sigma, "classifier.specification.sigma",
      "the classifier was made for another noise than the images get")
    let described = classifier.specification.description(byClassifier: model.classifierSource != nil)
    // Runs that were begun before such votes had words of their own name levels.
    if classifier.description != classifier.specification.description || model.classifierSource == nil {
      require(classifier.description, described, "classifier.description", "does not describe the specification")
    }
    if otherClasses != nil, classifier.specification.classes == nil {
      failures.append(
        VerificationFailure(
          "images of other classes, where the classifier chooses from all", file: file, field: "otherClasses",
          expected: "classes", found: "none"))
    }
    if images.count > Self.largestCount || data.size > Self.largestCount {
      failures.append(
        VerificationFailure(
          "more images than can be", file: file, field: "images.count", expected: "at most \(Self.largestCount)",
          found: "\(max(images.count, data.size))"))
    } else {
      do {
        if let failure = pictures?.contradiction(count: images.count) { failures.append(failure) }
        // Listed pictures are found by their names, wherever they stand now.
        if pictures?.listed == nil { _ = try images.indices(inDatasetOf: data.size) }
      } catch {
        failures.append(VerificationFailure(error, file: file, field: "images"))
      }
    }
    if let claim, !(1...Self.largestCount).contains(claim) {
      failures.append(
        VerificationFailure(
          "not a number of images", file: file, field: "claim", expected: "1 … \(Self.largestCount)", found: "\(claim)")
      )
    }
    if let failure = shard?.contradiction(images) { failures.append(failure) }
    if let failure = merged?.contradiction(count: images.count) { failures.append(failure) }
    do {
      _ = try rule()
    } catch {
      failures.append(VerificationFailure(error, file: file, field: "smoothing"))
    }
    do {
      try classifier.specification.validate()
    } catch {
      failures.append(VerificationFailure(error, file: file, field: "classifier.specification"))
    }
    return failures
  }
}
