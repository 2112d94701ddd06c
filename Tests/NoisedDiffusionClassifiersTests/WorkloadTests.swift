import NoisedDiffusionClassifiers
import Testing

@Suite struct WorkloadTests {
  @Test func `a workload says in a record what it is, and counts its evaluations`() throws {
    let model = try DiffusionModel.load(Fixture.tinyNetwork, precision: .fp32)
    var choice = ClassifierChoice()
    choice.timesteps = 4
    let work = try Workload(model, choice.chosen(for: model))
    #expect(try work.evaluationsPerVote() == 2 * 10 + 1)
    let record = RunManifest.Classifier(work)
    #expect(record.precision == "fp32" && record.specification == work.specification)
    #expect(RunManifest.Model(model).digest == model.digest)
    #expect(RunManifest.Host.current(model.engine).instructionSet == model.engine.instructionSet)
  }

  @Test(arguments: [(0, 1, 20, 20), (0, 3, 20, 9), (20, 1, 20, 5), (99, 1, 20, 1)])
  func `without a count a selection takes what there is, up to a number`(
    first: Int, stride: Int, most: Int, expected: Int
  ) {
    let selection = ImageSelection(first: first, stride: stride, count: nil, most: most, of: 25)
    #expect(selection.count == expected)
    #expect(ImageSelection(first: first, stride: stride, count: 7, most: most, of: 25).count == 7)
  }

  @Test func `images are opened with their record, and a selection that there is not is refused`() throws {
    let model = try DiffusionModel.load(Fixture.resources.appendingPathComponent(BundledModel.mnist.file).path)
    let images = try WorkImages("mnist", for: model, resources: Fixture.resources) {
      ImageSelection(first: 5, stride: 10, count: nil, most: 3, of: $0)
    }
    #expect(images.indices == [5, 15, 25])
    let record = try RunManifest.Data(images)
    #expect(record.size == 10_000 && record.source == "mnist" && record.adaptation != nil)
    let error = #expect(throws: UsageError.self) {
      try WorkImages("mnist", for: model, resources: Fixture.resources) { ImageSelection(count: $0 + 1) }
    }
    #expect(error?.description.hasPrefix("count 10001 asks for more") == true)
    #expect(try BundledResources.isTestSet(images.images, in: Fixture.resources))
    #expect(try !BundledResources.isTestSet(PlainImages(count: 30), in: Fixture.resources))
  }
}
