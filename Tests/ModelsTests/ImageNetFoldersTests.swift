import Basics
import Datasets
import Foundation
import Models
import TestSupport
import Testing

@Suite("Folders of ImageNet's synsets, for models of its 1000 classes")
struct ImageNetFoldersTests {
  private static func labels(_ model: ModelOutline) throws -> (labels: [Int?], names: [String]) {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("synsets-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    // Kit fox and tench, 278 and 0 of the sorted list.
    for name in ["n02119789", "n01440764"] {
      let folder = root.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: Repository.root.appendingPathComponent("Tests/DatasetsTests/Fixtures/grey8.png"),
        to: folder.appendingPathComponent("1.png"))
    }
    let set = try DataSource.open(root.path, resources: nil, for: model)
    return (try (0..<set.count).map { try set.label(at: $0) }, set.classNames)
  }

  private static func outline(_ classes: Int, names: [String] = []) -> ModelOutline {
    ModelOutline(
      source: "model", imageShape: ImageShape(channels: 3, height: 64, width: 64), classCount: classes,
      classNames: names)
  }

  @Test("some of the folders have the labels of the sorted list, and its names")
  func some() throws {
    let (labels, names) = try Self.labels(Self.outline(1000))
    #expect(labels == [0, 278] && names.count == 1000 && names[278] == "n02119789 kit fox")
    // A model that names its classes without synsets, and counts them alike.
    var known = (0..<1000).map { "class \($0)" }
    (known[0], known[278]) = ("tench, Tinca tinca", "kit fox, Vulpes macrotis")
    #expect(try Self.labels(Self.outline(1000, names: known)).labels == [0, 278])
  }

  @Test("for a model of other classes the order of the folders decides, as before")
  func others() throws {
    #expect(try Self.labels(Self.outline(2)).labels == [0, 1])
    // Its names contradict the list.
    #expect(try Self.labels(Self.outline(1000, names: (0..<1000).map { "class \($0)" })).labels == [0, 1])
  }
}
