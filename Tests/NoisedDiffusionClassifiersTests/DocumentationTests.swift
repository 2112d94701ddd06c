import Foundation
import TestSupport
import Testing

@Suite struct DocumentationTests {
  @Test(arguments: ["certify-digit/main.swift", "own-denoiser/TwoGaussians.swift", "own-denoiser/main.swift"])
  func `the article shows the example that is built and run`(file: String) throws {
    let article = try text(
      "Sources/NoisedDiffusionClassifiers/Documentation.docc/UsingTheLibrary.md")
    #expect(article.contains("```swift\n" + (try text("Examples/Sources/" + file)) + "```"))
  }

  @Test func `the first example is 20 lines long`() throws {
    let lines = try text("Examples/Sources/certify-digit/main.swift").split(separator: "\n")
    #expect(lines.count <= 20)
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
  }
}
