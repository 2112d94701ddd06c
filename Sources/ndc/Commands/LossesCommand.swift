import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct LossesCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "losses",
    abstract: "Per-class losses of given images under given noise and noise levels.",
    discussion: """
      x is float32 N x C x H x W in pixels: clean for dc, already noisy for the noised classifiers. noise is float32 \
      T x C x H x W; row t is used at level t for every image and class. grid holds T noise levels in model space, taken \
      as they are (epndc: step t goes from grid[t+1] to grid[t]). The result is float64 N x K; \
      with --among K counts those classes, by ascending label.
      """)

  @OptionGroup var model: ModelOptions

  @Option(name: .customLong("x"), help: ArgumentHelp("Images in pixels.", valueName: "x.npy"))
  var input: String

  @Option(help: ArgumentHelp("One standard normal draw per level.", valueName: "noise.npy"))
  var noise: String

  @Option(help: ArgumentHelp("Noise levels, float64.", valueName: "grid.npy"))
  var grid: String

  @Option(help: ArgumentHelp("apndc, apndc-posterior, epndc or dc.", valueName: "method"))
  var method = ClassificationMethod.approximatePosterior

  @Option(help: ArgumentHelp("edm, edm-reference, elbo, uniform or learned.", valueName: "weighting"))
  var weighting = LossWeighting.edm

  @Option(help: ArgumentHelp("The file that --weighting learned reads.", valueName: "file"))
  var calibration: String?

  @Option(help: ArgumentHelp("The smoothing noise already in x, in pixels.", valueName: "sigma"))
  var sigma = 0.25

  @Flag(help: "Average the denoiser with itself on the mirrored picture.")
  var mirror = false

  @OptionGroup var classes: ClassOptions

  @Option(help: ArgumentHelp("Where the result goes.", valueName: "losses.npy"))
  var out: String

  @Flag(help: "Print the losses as JSON too.")
  var json = false

  private struct Result: Encodable {
    var losses: [[Double]]
    var predictions: [Int?]
    /// The classes of the losses; absent for all of the model's.
    var classes: ClassSet?
    var precision: String
    var out: String
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(classes.among)
      try plan.read(model)
      for file in [input, noise, grid, calibration] { plan.read(file) }
      plan.write(out, .array, option: "--out")
      return plan
    }
  }

  func run() async throws {
    _ = try classes.list()
    let loaded = try model.open()
    let chosen = try classes.classes(of: loaded)
    let classCount = chosen?.count ?? loaded.classCount
    let shape = loaded.denoiser.imageShape
    let levels = try ArrayInput.noiseLevels(grid, count: nil)
    do { _ = try NoiseGrid(points: levels) } catch let error as InputError { throw error.inFile(grid) }
    if let notice = loaded.notice(ofLevels: levels) { Output.notice(notice.description) }
    let images = try ArrayInput.images(input, shape: shape)
    let rows = try ArrayInput.noise(noise, shape: shape, rows: levels.count)
    var specification = ClassifierSpecification(method: method, sigma: sigma)
    specification.weighting = weighting
    specification.classes = chosen
    specification.symmetry = mirror ? .mirror : nil
    if let calibration {
      specification.calibration = try loaded.calibration(
        method, sigma: sigma, classes: chosen, file: calibration)?.levels
    }
    let computation = try LossesComputation(
      specification: specification, denoiser: loaded.denoiser, grid: levels, noise: rows)
    let count = images.count / shape.count
    let threads = model.workers(for: loaded)
    let losses = try await RunProgress().follow(evaluations: count * computation.evaluationsPerImage) {
      try await inParallel(count: count, chunk: 1, threads: threads) { range in
        try computation.losses(pixels: Array(images[range.lowerBound * shape.count..<range.upperBound * shape.count]))
      }
    }
    try NumPyArray(shape: [count, classCount], losses.flatMap { $0 }).write(to: out)
    if json {
      try Output.json(
        Result(
          losses: losses,
          predictions: losses.map { losses in
            ClassLosses(losses: losses, evaluations: 0).prediction.map { chosen?[$0] ?? $0 }
          }, classes: chosen, precision: loaded.precision.rawValue, out: out))
    } else {
      Output.line("losses of \(count) images and \(classCount) classes: \(out)")
    }
  }
}
