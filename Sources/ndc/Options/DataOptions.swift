import ArgumentParser
import NoisedDiffusionClassifiers

/// Which images.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "mnist (bundled test set), IDX files, batches of CIFAR-10, CIFAR-100 (cifar100:DIR) or downsampled ImageNet, a folder with one folder of PNG or JPEG files per class, .npz, or npy:X.npy,Y.npy. Training splits: mnist-train:DIR, cifar10-train:DIR, cifar100-train:DIR, imagenet-train:DIR.",
      valueName: "src"))
  var data = "mnist"

  @Option(help: ArgumentHelp("Index of the first image.", valueName: "i"))
  var first: Int?

  @Option(help: ArgumentHelp("How many images. Default: 20 at most; 100 for classify.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("Distance between the indices of two images.", valueName: "k"))
  var stride: Int?

  @Option(
    help: ArgumentHelp("A file with one image index per line, instead of --first and --stride.", valueName: "file"))
  var indices: String?

  mutating func validate() throws {
    if indices != nil, first != nil || stride != nil {
      throw ValidationError("--indices names the images; --first and --stride do not go with it")
    }
    if let count, count < 1 { throw ValidationError("--count \(count): must be at least 1") }
    if let stride, stride < 1 { throw ValidationError("--stride \(stride): must be at least 1") }
    if let first, first < 0 { throw ValidationError("--first \(first): must not be negative") }
  }

  /// The data set as the model takes it, and the images chosen from it, every one of them looked at: what is worth saying
  /// goes to stderr.
  ///
  /// - Parameters:
  ///   - run: the run to be continued.
  ///   - defaultCount: how many images where the user names no number; a run is continued with no fewer than it has.
  ///   - classes: what the classifier chooses from; nil for all classes.
  ///   - others: what becomes of images of other classes.
  ///   - isListed: whether a run is to list them in its run.json.
  ///   - shard: which part of them; the others are not looked at.
  /// - Throws: `InputError` that lists every chosen picture that cannot be used.
  func open(
    for model: ModelOutline, continuing run: RunDirectory.Contents? = nil, defaultCount: Int,
    among classes: ClassSet?, others: OtherClasses?, isListed: Bool = false, shard: RunShard.Choice? = nil, threads: Int
  ) async throws -> WorkImages {
    var opened = try OtherClassOptions.advising(
      "--skip-others leaves images of other classes out, --count-others-wrong takes them and counts them as wrong"
    ) {
      try WorkImages(data, for: model, among: classes, others: others, shard: shard, continuing: run) { size in
        let listed = run?.manifest.pictures?.listed?.count
        if let indices {
          let list = try ImageSelection.readIndices(indices)
          return ImageSelection(listed: list, count: count ?? listed.map { max($0, list.count) })
        }
        var selection = ImageSelection(
          first: first ?? 0, stride: stride ?? 1, count: count, most: defaultCount, of: size)
        // What is left out is no part of the run's list.
        if count == nil, let listed, others != .skipped { selection.count = max(selection.count, listed) }
        return selection
      }
    }
    if isListed { try RunPictures.requireRoom(for: opened.pictures, source: data) }
    for notice in opened.notices(for: model) { Output.notice(notice) }
    for notice in try await opened.check(classCount: model.classCount, requiresLabels: true, threads: threads) {
      Output.notice(notice)
    }
    for notice in opened.missingNotices { Output.notice(notice) }
    return opened
  }
}
