import Foundation
import Testing

/// A run binds to its pictures one by one: what it has not finished may be repaired or go, what it has may not change.
@Suite("Pictures that a run binds to", .enabled(if: Program.isBuilt, Program.absent))
struct PictureBindingTests {
  struct Manifest: Decodable {
    struct Pictures: Decodable {
      struct Picture: Decodable, Equatable {
        var index: Int
        var name: String?
        var label: Int?
        var digest: String?
      }
      var digest: String
      var listed: [Picture]?
    }
    var pictures: Pictures?
  }

  struct Record: Decodable {
    struct Picture: Decodable {
      var name: String?
      var digest: String
    }
    var index: Int
    var label: Int
    var predicted: Int
    var picture: Picture?
  }

  /// A folder of twelve pictures, and the exact denoiser of a copy that nothing happens to.
  struct Scene {
    let folder: URL
    let pictures: PictureFolder

    init(_ folder: URL) throws {
      self.folder = folder
      pictures = try PictureFolder.twelve(folder.appendingPathComponent("set"))
      _ = try PictureFolder.twelve(folder.appendingPathComponent("model"))
    }

    var run: RunFiles { RunFiles(folder: folder.appendingPathComponent("run")) }

    func certify(_ count: Int, _ options: String..., data: String = "set") throws -> Program.Ending {
      try Program.run(
        [
          "certify", "--model", "analytic:model", "--data", data, "--sigma", "0.25", "--timesteps", "3",
          "--selection-samples", "3", "--samples", "20", "--alpha", "0.1", "--count", "\(count)", "--out", "run",
        ] + options, in: folder)
    }

    func verify(_ options: String...) throws -> Program.Ending {
      try Program.run(["verify", "run"] + options, in: folder)
    }

    func records() throws -> [Record] {
      try run.lines("records.jsonl").map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
    }

    func manifest() throws -> Manifest {
      try JSONDecoder().decode(Manifest.self, from: Data(run.text("run.json").utf8))
    }

    /// Leaves the run as an interruption after so many images does.
    func cut(_ records: Int) throws {
      let lines = try run.lines("records.jsonl").prefix(records)
      try Data(lines.map { $0 + "\n" }.joined().utf8).write(
        to: run.folder.appendingPathComponent("records.jsonl"))
    }
  }

  @Test("a damaged picture is named before any vote, and with it repaired eleven finished ones are kept")
  func repaired() throws {
    try TemporaryFolder.with { folder in
      let scene = try Scene(folder)
      try scene.pictures.damage("11/11.npy")
      let refused = try scene.certify(12)
      #expect(refused.status == 65 && refused.errors.contains("set/11/11.npy"), "\(refused.errors)")
      #expect(!FileManager.default.fileExists(atPath: scene.run.folder.path), "no dead run is left")

      // A selection that ends before it is sound.
      let eleven = try scene.certify(11)
      #expect(eleven.status == 0, "\(eleven.errors)")
      let before = try scene.run.text("records.jsonl")
      let still = try scene.certify(12, "--resume")
      #expect(still.status == 65 && still.errors.contains("set/11/11.npy"), "\(still.errors)")
      #expect(try scene.run.text("records.jsonl") == before)

      try scene.pictures.write("11/11.npy", number: 11)
      let whole = try scene.certify(12, "--resume")
      #expect(whole.status == 0, "\(whole.errors)")
      #expect(try scene.run.text("records.jsonl").hasPrefix(before))
      #expect(try scene.records().map(\.index) == Array(0..<12))
      #expect(try scene.verify("--redraw", "all").status == 0)
    }
  }

  @Test("a picture that breaks while a run waits to go on costs nothing either")
  func brokenMeanwhile() throws {
    try TemporaryFolder.with { folder in
      let scene = try Scene(folder)
      #expect(try scene.certify(12).status == 0)
      try scene.cut(11)
      let before = try scene.run.text("records.jsonl")
      try scene.pictures.damage("11/11.npy")
      #expect(try scene.certify(12, "--resume").status == 65)
      // What comes in its place need not be the same picture: nobody has voted on it.
      try scene.pictures.write("11/11.npy", number: 11, shade: 0.7)
      #expect(try scene.certify(12, "--resume").status == 0)
      #expect(try scene.run.text("records.jsonl").hasPrefix(before))
      #expect(try scene.verify("--redraw", "all").status == 0)
    }
  }

  @Test("all offenders are listed at once, before a model is opened that would itself be refused")
  func everythingBeforeTheModel() throws {
    try TemporaryFolder.with { folder in
      let scene = try Scene(folder)
      for name in ["3/3.npy", "7/7.npy"] { try scene.pictures.damage(name) }
      try scene.pictures.write("10/10.npy", number: 10)
      // A model of ten classes whose last weight is not a number: it shows when the weights are looked at.
      let converted = try Program.run(["convert", TinyNetwork.grey.model, "broken.safetensors"], in: folder)
      #expect(converted.status == 0, "\(converted.errors)")
      let file = folder.appendingPathComponent("broken.safetensors")
      var bytes = try Data(contentsOf: file)
      bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
      try bytes.write(to: file)
      let small = ["certify", "--model", "broken.safetensors", "--data", "set", "--timesteps", "3", "--count"]
      let refused = try Program.run(small + ["12", "--out", "run"], in: folder)
      #expect(refused.status == 65)
      for name in ["3/3.npy", "7/7.npy", "10/10.npy", "11/11.npy"] {
        #expect(refused.errors.contains("set/\(name)"), "\(refused.errors)")
      }
      #expect(refused.errors.contains("4 of the 12") && !refused.errors.contains("broken.safetensors"))
      let model = try Program.run(small + ["3", "--out", "run"], in: folder)
      #expect(model.status == 65 && model.errors.contains("not finite"), "\(model.errors)")
      #expect(!FileManager.default.fileExists(atPath: scene.run.folder.path))
    }
  }

  @Test("a changed finished picture is refused by name, and the run stays as it was")
  func changedFinished() throws {
    try TemporaryFolder.with { folder in
      let scene = try Scene(folder)
      #expect(try scene.certify(6).status == 0)
      let before = try scene.run.timeless()
      try scene.pictures.write("3/3.npy", number: 3, shade: 0.8)
      let changed = try scene.certify(8, "--resume")
      #expect(changed.status == 65 && changed.errors.contains("3/3.npy"), "\(changed.errors)")
      #expect(changed.errors.contains("not the one that the run recorded"))
      let found = try scene.verify("--redraw", "0")
      #expect(found.status == 65 && found.output.contains("3/3.npy"), "\(found.output)")
      // Damaged is changed, too.
      try scene.pictures.damage("3/3.npy")
      #expect(try scene.certify(8, "--resume").errors.contains("3/3.npy"))
      #expect(try scene.run.timeless() == before)
      try scene.pictures.write("3/3.npy", number: 3)
      #expect(try scene.certify(8, "--resume").status == 0)
    }
  }

  @Test("pictures keep their index wherever they stand; those that are gone are listed, and come last when they return")
  func moved() throws {
    try TemporaryFolder.with { folder in
      let scene = try Scene(folder)
      #expect(try scene.certify(8).status == 0)
      let whole = try scene.run.timelessResults()
      try scene.cut(5)
      // One more before all others, one to do deleted, one that nobody selected deleted.
      try scene.pictures.write("0/-first.npy", number: 20)
      try scene.pictures.remove("6/6.npy")
      try scene.pictures.remove("10/10.npy")
      let ending = try scene.certify(8, "--resume")
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(ending.errors.contains("image 6 (6/6.npy)") && ending.errors.contains("missing"))
      #expect(try scene.records().map(\.index) == [0, 1, 2, 3, 4, 5, 7])
      #expect(try scene.records().map { $0.picture?.name } == [0, 1, 2, 3, 4, 5, 7].map { "\($0)/\($0).npy" })
      let unfinished = try scene.verify("--redraw", "all")
      #expect(unfinished.status == 65 && unfinished.output.contains("1 of 8 images have no record"))
      #expect(unfinished.output.contains("drawn again: 7 the same"), "\(unfinished.output)")

      try scene.pictures.write("6/6.npy", number: 6)
      #expect(try scene.certify(8, "--resume").status == 0)
      #expect(Set(try scene.run.timelessResults()) == Set(whole), "the same records and rows, in another order")
      #expect(try scene.verify("--redraw", "all").status == 0)

      // Growing appends, under an index that no picture has.
      #expect(try scene.certify(9, "--resume").status == 0)
      let last = try #require(try scene.records().last)
      #expect(last.picture?.name == "0/-first.npy" && last.index >= 12 && last.label == 0)
      #expect(try scene.verify("--redraw", "all").status == 0)
    }
  }

  @Test("a finished picture that is gone leaves its record; other data are refused")
  func finishedGone() throws {
    try TemporaryFolder.with { folder in
      let scene = try Scene(folder)
      #expect(try scene.certify(4).status == 0)
      let before = try scene.run.text("records.jsonl")
      try scene.pictures.remove("2/2.npy")
      let ending = try scene.certify(5, "--resume")
      #expect(ending.status == 0 && ending.errors.contains("image 2 (2/2.npy)"), "\(ending.errors)")
      #expect(try scene.run.text("records.jsonl").hasPrefix(before))
      // What is gone cannot be checked, which says nothing against the run.
      let unchecked = try scene.verify("--redraw", "all")
      #expect(unchecked.status == 69 && unchecked.output.contains("2/2.npy"), "\(unchecked.output)")
      #expect(unchecked.output.contains("drawn again: 4 the same"), "\(unchecked.output)")

      let others = PictureFolder(url: folder.appendingPathComponent("others"))
      for number in 0..<6 { try others.write("\(number)/other.npy", number: number) }
      let refused = try scene.certify(6, "--resume", data: "others")
      #expect(refused.status == 64 && refused.errors.contains("other data"), "\(refused.errors)")
    }
  }

  @Test("run.json lists the pictures with index, name, label and digest; each record names its own")
  func listed() throws {
    try TemporaryFolder.with { folder in
      let scene = try Scene(folder)
      #expect(try scene.certify(3, "--stride", "4").status == 0)
      let listed = try #require(try scene.manifest().pictures?.listed)
      #expect(listed.map(\.index) == [0, 4, 8] && listed.map(\.label) == [0, 4, 8])
      #expect(listed.map(\.name) == ["0/0.npy", "4/4.npy", "8/8.npy"])
      #expect(Set(listed.compactMap(\.digest)).count == 3)
      let records = try scene.records()
      #expect(records.map { $0.picture?.name } == listed.map(\.name))
      #expect(records.map { $0.picture?.digest } == listed.map(\.digest))
      // A record that claims another picture does not hold.
      let file = scene.run.folder.appendingPathComponent("records.jsonl")
      let text = try String(contentsOf: file, encoding: .utf8)
      try Data(text.replacing("4/4.npy", with: "5/5.npy").utf8).write(to: file)
      let found = try scene.verify("--redraw", "0")
      #expect(found.status == 65 && found.output.contains("picture.name"), "\(found.output)")
    }
  }

  @Test("arrays keep run.json small; their finished pictures bind all the same")
  func arrays() throws {
    try TemporaryFolder.with { folder in
      var run = SmallRun(stop: .fixed, folder: folder)
      run.images = 4
      try run.prepare()
      #expect(try run.finish().status == 0)
      let manifest = try JSONDecoder().decode(Manifest.self, from: Data(run.files.text("run.json").utf8))
      #expect(manifest.pictures?.listed == nil && manifest.pictures?.digest.count == 64)
      let before = try run.files.text("records.jsonl")

      let file = folder.appendingPathComponent("x.npy")
      let original = try Data(contentsOf: file)
      func change(_ picture: Int) throws {
        var data = original
        let place = data.count - (8 - picture) * 256
        data.replaceSubrange(place..<place + 4, with: [0, 0, 0, 0x3F])
        try data.write(to: file)
      }
      run.images = 6
      try change(2)
      let refused = try run.finish()
      #expect(refused.status == 65 && refused.errors.contains("image 2"), "\(refused.errors)")
      #expect(try run.files.text("records.jsonl") == before)
      try change(5)
      #expect(try run.finish().status == 0)
      #expect(try run.verify("--redraw", "all").status == 0)
      try original.write(to: file)
      let changed = try run.verify("--redraw", "0")
      #expect(changed.status == 65 && changed.output.contains("image 5"), "\(changed.output)")
    }
  }

  @Test("data without labels leave no run behind")
  func unlabelled() throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: .fixed, folder: folder)
      try run.prepare()
      let ending = try Program.run(
        ["certify", "--model", run.model, "--data", folder.file("x.npy"), "--timesteps", "3", "--out", "run"],
        in: folder)
      #expect(ending.status == 65 && ending.errors.contains("no label"), "\(ending.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
    }
  }
}
