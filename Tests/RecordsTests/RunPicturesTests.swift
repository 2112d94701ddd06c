import Basics
import Foundation
import Records
import Testing

@Suite struct RunPicturesTests {
  static let named = [
    PictureIdentity(index: 3, name: "cat/1.png", label: 3, digest: "aa"),
    PictureIdentity(index: 7, name: "dog/1.png", label: 5, digest: "bb"),
  ]

  @Test func `pictures with names are listed, others are known by their digest`() throws {
    let listed = RunPictures(Self.named)
    #expect(listed.listed == Self.named)
    let bare = RunPictures(Self.named.map { PictureIdentity(index: $0.index, label: $0.label, digest: $0.digest) })
    #expect(bare.listed == nil)
    // python3: hashlib.sha256(b"3\t3\taa\t\n7\t5\tbb\t\n").hexdigest()
    #expect(bare.digest == "f5e51f682baf8edc3edab4ae22db62842674eee40142318dd46b0733ba18aa01")
    // python3: hashlib.sha256(b"3\t3\taa\tcat/1.png\n7\t5\tbb\tdog/1.png\n").hexdigest()
    #expect(listed.digest == "d027122e99c57582c31509067bc950cb8e88c88b8c0617c4ea83356d4aaf8f6f")
  }

  @Test func `a list decides over the order and what may differ; without one the whole data set does`() throws {
    var recorded = try HonestRun().manifest()
    var requested = recorded
    requested.data.digest = "other"
    requested.data.size = 11
    #expect(try recorded.differences(from: requested).map(\.field) == ["data.digest", "data.size"])
    recorded.pictures = RunPictures(Self.named)
    #expect(try recorded.differences(from: requested).map(\.field) == ["data.digest", "data.size", "pictures"])
    requested.pictures = RunPictures(Self.named.reversed())
    #expect(try recorded.differences(from: requested).isEmpty)
    #expect(try recorded.indices() == [3, 7] && requested.indices() == [7, 3])
    #expect(try HonestRun().manifest().indices() == [1, 3, 5])
  }

  @Test func `a run of a hundred thousand named pictures is written and read again`() async throws {
    let count = 100_000
    var manifest = try HonestRun().manifest()
    manifest.data.size = count
    manifest.images = ImageSelection(count: count)
    manifest.pictures = RunPictures(
      (0..<count).map {
        PictureIdentity(
          index: $0, name: "n01440764/ILSVRC2012_val_\($0).JPEG", label: 7, digest: String(repeating: "a", count: 64))
      })
    manifest.claim = count
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-many-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try RunDirectory(path: folder.path, manifest: manifest, indices: Array(0..<count), resume: false)
    let bytes = try Data(contentsOf: folder.appendingPathComponent("run.json")).count
    #expect(bytes > 16 << 20 && bytes < 32 << 20)
    #expect(try RunDirectory.readManifest(folder.path).pictures?.listed?.count == count)
    #expect(try RunOrigin.read(folder.path).claim == count)
  }

  @Test func `a list too long for run.json is refused before anything is written`() throws {
    let name = String(repeating: "n", count: 1 << 20)
    let pictures = (0..<600).map { PictureIdentity(index: $0, name: name) }
    let error = #expect(throws: InputError.self) { try RunPictures.requireRoom(for: pictures, source: "set") }
    #expect(error?.file == "set" && error?.found?.contains("600 pictures") == true)
    try RunPictures.requireRoom(for: Array(pictures.prefix(500)), source: "set")
    try RunPictures.requireRoom(for: (0..<5_000_000).map { PictureIdentity(index: $0) }, source: "array")
    // Never more than what the list really takes.
    let listed = Self.named.map {
      PictureIdentity(index: $0.index, name: $0.name, label: $0.label, digest: String(repeating: "a", count: 64))
    }
    let bytes = try StableJSON.text(["pictures": RunPictures(listed)]).count - 64
    #expect(bytes > 2 * 172 + Self.named.compactMap(\.name).joined().utf8.count)
  }

  @Test func `a list that contradicts itself is named`() throws {
    var manifest = try HonestRun().manifest()
    manifest.images.count = 2
    manifest.pictures = RunPictures(Self.named)
    #expect(manifest.contradictions().isEmpty)
    manifest.pictures?.digest = "x"
    #expect(places(manifest.contradictions()) == ["run.json pictures: the digest is not that of the list"])
    manifest.pictures = RunPictures(Self.named + Self.named)
    #expect(places(manifest.contradictions()) == ["run.json pictures: not as many as there are images"])
    manifest.images.count = 4
    #expect(
      places(manifest.contradictions()) == ["run.json pictures: a picture is listed twice, or one has no name"])
  }
}
