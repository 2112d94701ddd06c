import Basics
import Certification
import Classifiers
import Datasets
import Diffusion
import Foundation
import Noise
import Reports
import Runs
import Testing

@Suite("Gallery") struct GalleryTests {
  @Test("A picture written as PNG is read back by libpng as it was", arguments: [1, 3])
  func png(channels: Int) throws {
    let shape = ImageShape(channels: channels, height: 5, width: 7)
    let pixels = (0..<shape.count).map { Float(($0 * 37) % 256) / 255 }
    let file = try #require(PNG.encode(pixels, shape: shape))
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("x.png")
      try Data(file).write(to: path)
      let picture = try PictureFile.read(path.path)
      #expect(picture.shape == shape && picture.pixels == pixels)
    }
  }

  @Test("Noisy pixels are clipped, numbers that are none are black, odd shapes have no picture")
  func clipped() throws {
    let shape = ImageShape(channels: 1, height: 1, width: 4)
    let file = try #require(PNG.encode([-3, 2, .nan, 0.5], shape: shape))
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("x.png")
      try Data(file).write(to: path)
      #expect(try PictureFile.read(path.path).pixels.map { Int($0 * 255 + 0.5) } == [0, 255, 0, 128])
    }
    #expect(PNG.encode([0, 0], shape: ImageShape(channels: 2, height: 1, width: 1)) == nil)
    #expect(PNG.encode([0], shape: shape) == nil)
  }

  /// Two classes of one image each, exact.
  static let shape = ImageShape(channels: 1, height: 4, width: 4)
  static let pictures: [[Float]] = [
    (0..<16).map { $0 % 2 == 0 ? 1 : 0 }, (0..<16).map { $0 < 8 ? 0.9 : 0.1 },
  ]

  static func explainer(seed: UInt64) throws -> (VoteExplainer, any BaseClassifier) {
    let denoiser = try AnalyticDenoiser(
      images: ModelSpace.fromPixels(pictures[0] + pictures[1]), labels: [0, 1], imageShape: shape, classCount: 2)
    var specification = ClassifierSpecification(sigma: 0.5)
    specification.levels = [1, 2]
    let classifier = try specification.makeClassifier(denoiser: denoiser)
    let explainer = VoteExplainer(
      denoiser: denoiser, classifier: classifier, sigma: PixelNoise(0.5), seed: seed
    ) { LabeledImage(index: $0, pixels: pictures[$0], label: $0) }
    return (explainer, classifier)
  }

  @Test(
    "An explanation is of the first estimation vote: its noise and its losses", arguments: [UInt64(1), 2, 3])
  func explanation(seed: UInt64) throws {
    let (explainer, classifier) = try Self.explainer(seed: seed)
    let explanations = try explainer.explain([1, 0])
    #expect(explanations.map(\.index) == [1, 0])
    let smoothed = try SmoothedClassifier(base: classifier, sigma: PixelNoise(0.5))
    for explanation in explanations {
      let key = VoteKey(seed: seed, image: UInt32(explanation.index), vote: 0, purpose: .estimation)
      let pixels = Self.pictures[explanation.index]
      let vote = try smoothed.makeWorker().votes([VoteRequest(pixels: pixels, key: key)])[0]
      let losses = ClassLosses(losses: explanation.losses, evaluations: 0)
      #expect(vote.choice == losses.prediction.map(Vote.Choice.label) ?? .invalid)
      #expect(explanation.image == pixels)
      for (noisy, (pixel, normal)) in zip(explanation.noisy, zip(pixels, key.smoothingStream.normals(count: 16))) {
        #expect(abs(noisy - (pixel + 0.5 * normal)) < 1e-5)
      }
      // The exact posterior mean is a mixture of the two pictures.
      #expect(explanation.denoisedLabel == nil && explanation.denoised.allSatisfy { $0 > -1e-5 && $0 < 1 + 1e-5 })
    }
  }

  @Test("An image that does not fit the model is refused")
  func misfit() throws {
    let denoiser = try AnalyticDenoiser(
      images: ModelSpace.fromPixels(Self.pictures[0] + Self.pictures[1]), labels: [0, 1], imageShape: Self.shape,
      classCount: 2)
    let classifier = try ClassifierSpecification(sigma: 0.5).makeClassifier(denoiser: denoiser)
    let explainer = VoteExplainer(denoiser: denoiser, classifier: classifier, sigma: PixelNoise(0.5), seed: 1) {
      LabeledImage(index: $0, pixels: [1], label: 0)
    }
    #expect(throws: InputError.self) { try explainer.explain([0]) }
  }

  @Test("The hardest have the fewest votes for their label; wrong and abstained come first on demand")
  func selection() throws {
    let run = try Fixture.run("run-0.25")
    func ease(_ entry: GallerySelection.Entry) throws -> Double {
      let image = run.images[entry.position]
      let record = try #require(image.record)
      return Double(record.votes[image.label]) / Double(record.samples)
    }
    let plain = GallerySelection(run, count: 4)
    let all = try run.images.indices.map { try ease(.init(position: $0, reasons: [])) }.sorted()
    #expect(try plain.entries.filter { $0.reasons.contains(.hardest) }.map(ease) == Array(all.prefix(4)))
    #expect(try plain.entries.filter { $0.reasons.contains(.easiest) }.map(ease) == all.suffix(4).reversed())
    #expect(Set(plain.entries.map(\.position)).count == 8)

    let first = GallerySelection(run, count: 2, wrongFirst: true)
    #expect(run.wrong.count > 0 && run.abstained.count > 0, "the fixture has both")
    let kinds = first.entries.map { run.images[$0.position] }
    let wrong = min(2, run.wrong.count)
    #expect(kinds.prefix(wrong).allSatisfy { $0.outcome != .abstained && !$0.correct })
    #expect(kinds.dropFirst(wrong).prefix(min(2, run.abstained.count)).allSatisfy { $0.outcome == .abstained })
    #expect(GallerySelection(Fixture.hand, count: 3).entries.count == 6)
    #expect(GallerySelection(Fixture.made([(0, 0, 1)]), count: 3).entries.count == 1)
  }

  @Test("A card shows pictures, losses and votes; a class dropped on the way is not a bar")
  func card() throws {
    let explanation = try #require(try Self.explainer(seed: 1).0.explain([0]).first)
    var dropped = explanation
    dropped.losses = [3.5, .infinity]
    let card = GalleryCard(
      title: "Image <0>", answer: "Class 0", reasons: [.hardest], votes: [30, 10], explanation: dropped, sigma: 0.5)
    let html = card.html().text
    let page = ExplanationPage.html(title: "<t>", subtitle: "s", cards: [card], program: "ndc")
    #expect(page.contains("<title>&lt;t&gt;</title>") && page.contains("class=\"card hardest\""))
    #expect(html.components(separatedBy: "data:image/png;base64,").count == 4)
    #expect(html.contains("Image &lt;0&gt;: a noisy copy") && html.contains("dropped") && html.contains("--w:75%"))
  }
}
