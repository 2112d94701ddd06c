import Basics
import Classifiers
import Diffusion
import Foundation
import TestSupport
import Testing

/// A classifier among some of a model's classes against one on a model that has no others: the mixture of these classes
/// alone, with the whole mixture as its unconditional model, since x̂ stays the model's own.
@Suite struct RestrictedClassifierTests {
  static let shape = ImageShape(channels: 1, height: 2, width: 2)
  static let chosen = [4, 1, 6]

  static func component(_ label: Int, as new: Int) -> GaussianMixtureDenoiser.Component {
    var normals = TestNormals(seed: 40 + UInt64(label))
    return .init(
      label: new, weight: 1 + Double(label) / 4, mean: normals.floats(4).map { Double($0) / 2 }, variance: 0.02)
  }

  static let whole = GaussianMixtureDenoiser(imageShape: shape, components: (0..<8).map { component($0, as: $0) })

  static func others() throws -> PairedDenoiser {
    try PairedDenoiser(
      conditional: GaussianMixtureDenoiser(
        imageShape: shape, components: chosen.sorted().enumerated().map { component($1, as: $0) }),
      unconditional: whole)
  }

  static func inputs(_ count: Int) -> [ClassifierInput] {
    (0..<count).map { index in
      var normals = TestNormals(seed: 100 + UInt64(index))
      return ClassifierInput(image: normals.floats(4), noise: Rows(seed: UInt64(index)))
    }
  }

  /// Noise that differs by level and, where each class has its own, by class.
  struct Rows: ClassifierNoise {
    var seed: UInt64
    func fill(_ epsilon: UnsafeMutableBufferPointer<Float>, level: Int, label: Int?) {
      var normals = TestNormals(seed: seed &* 1000 &+ UInt64(level) &* 17 &+ UInt64((label ?? -1) + 1))
      for (index, value) in normals.floats(epsilon.count).enumerated() { epsilon[index] = value }
    }
  }

  static let eliminations: [Elimination] = [
    .none, .race(Race(rule: .halving)), .race(Race(rule: .margins(Array(repeating: 0.5, count: 6)))),
    .siftAndRefine(SiftAndRefine(siftLevels: 2, siftThreshold: 1)),
  ]

  @Test(arguments: ClassificationMethod.allCases.filter(\.hasLevels), eliminations)
  func `losses, drops and costs are those of a model that has no other classes, bit for bit`(
    method: ClassificationMethod, elimination: Elimination
  ) throws {
    for sharing in NoiseSharing.allCases {
      var specification = ClassifierSpecification(method: method, sigma: 0.2)
      specification.timesteps = method == .exactPosterior ? 13 : 8
      specification.elimination = elimination
      specification.noiseSharing = sharing
      let expected = try specification.makeClassifier(denoiser: Self.others())
      specification.classes = try ClassSet(Self.chosen)
      let restricted = try specification.makeClassifier(denoiser: Self.whole)
      #expect(restricted.classCount == 3 && restricted.classes.labels == [1, 4, 6])
      let inputs = Self.inputs(20)
      let found = try restricted.makeWorker().classLosses(inputs)
      #expect(try found == expected.makeWorker().classLosses(inputs))
      #expect(Set(found.map(\.prediction)).count > 1)
      let most = try specification.evaluationsPerVote(classCount: 8)
      #expect(found.allSatisfy { $0.evaluations <= most } && most <= 1 + 3 * 8)
    }
  }

  @Test func `a question about few of many classes costs as if there were no others`() throws {
    let many = GaussianMixtureDenoiser(
      imageShape: Self.shape, components: (0..<1000).map { Self.component($0, as: $0) })
    var specification = ClassifierSpecification(sigma: 0.2)
    specification.timesteps = 4
    #expect(try specification.evaluationsPerVote(classCount: 1000) == 2 * 1000 + 1)
    specification.classes = try ClassSet((0..<10).map { 99 * $0 + 7 })
    #expect(try specification.evaluationsPerVote(classCount: 1000) == 2 * 10 + 1)
    let watched = WatchedDenoiser(many)
    let found = try specification.makeClassifier(denoiser: watched).makeWorker().classLosses(Self.inputs(3))
    #expect(found.allSatisfy { $0.evaluations == 21 })
    #expect(watched.batches.withLock { $0.reduce(0, +) } == 3 * 21)
  }

  @Test func `a class that the model does not have is refused`() throws {
    var specification = ClassifierSpecification(sigma: 0.2)
    specification.classes = try ClassSet([1, 8])
    let error = #expect(throws: UsageError.self) { try specification.makeClassifier(denoiser: Self.whole) }
    #expect(error?.description.contains("no class 8") == true)
  }

  @Test func `the description names the classes`() throws {
    var specification = ClassifierSpecification(sigma: 0.2)
    specification.classes = try ClassSet([6, 1])
    #expect(specification.description.hasSuffix("weighting edm, among classes 1 and 6"))
  }

  @Test func `a calibration serves the classes that it was made among`() throws {
    let levels = try Calibration(levels: [.init(sigma: 2, weight: 1)])
    let some = try ClassSet([6, 1])
    let table = CalibrationTable(
      model: "m",
      entries: [
        .init(sigma: 0.5, method: .approximatePosterior, levels: levels),
        .init(sigma: 0.25, method: .approximatePosterior, classes: some, levels: levels),
      ])
    let read = try CalibrationTable(json: JSONEncoder().encode(table))
    #expect(read == table)
    func entry(_ sigma: Double, _ classes: ClassSet?) -> CalibrationTable.Entry? {
      read.entry(sigma: sigma, method: .approximatePosterior, classes: classes)
    }
    #expect(entry(0.5, nil)?.classes == nil && entry(0.5, nil) != nil && entry(0.5, some) == nil)
    #expect(entry(0.25, some)?.classes == some && entry(0.25, nil) == nil)
    #expect(try entry(0.25, ClassSet([1, 5])) == nil)
  }

  @Test func `calibrating among other classes keeps what a file says of the first`() throws {
    let levels = try Calibration(levels: [.init(sigma: 2, weight: 1)])
    let some = try ClassSet([6, 1])
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let all = CalibrationTable.Entry(sigma: 0.5, method: .diffusion, levels: levels)
    let few = CalibrationTable.Entry(sigma: 0.5, method: .diffusion, classes: some, levels: levels)
    try CalibrationTable(model: "m", entries: [all, few]).write(to: file.path)
    func kept(_ model: String?, _ classes: ClassSet?) -> [CalibrationTable.Entry] {
      var table = CalibrationTable(model: model, entries: [])
      table.keepOtherClasses(of: file.path, than: classes)
      return table.entries
    }
    #expect(kept("m", some) == [all] && kept("m", nil) == [few])
    #expect(kept("another", some).isEmpty)
  }
}
