import Foundation
import NumPyFiles
import TestSupport
import Testing

/// What options can be meant but hardly are is said before any work, and wrong files are called by their kind.
@Suite("Hints before any work", .enabled(if: Program.isBuilt, Program.absent))
struct HintTests {
  @Test(
    "votes that can certify nothing are told with the fewest that can; the run goes on",
    arguments: ["fixed", "anytime"])
  func fewVotes(stop: String) throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: .fixed, folder: folder)
      try run.prepare()
      let small = [
        "certify", "--model", run.model, "--data", "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))", "--timesteps",
        "3", "--count", "1", "--stop", stop, "--selection-samples", "1",
      ]
      let ending = try Program.run(small + ["--samples", "5", "--out", folder.file("few")])
      #expect(ending.status == 0, "\(ending.errors)")
      // 0.001^(1/9) < 1/2 < 0.001^(1/10); FewestVotesTests has the mixture.
      let fewest = stop == "fixed" ? "10 are the fewest" : " are the fewest"
      #expect(ending.errors.contains(fewest) && ending.errors.hasPrefix("ndc: warning"), "\(ending.errors)")
      let enough = try Program.run(small + ["--samples", "24", "--out", folder.file("enough")])
      #expect(enough.status == 0 && !enough.errors.contains("warning"), "\(enough.errors)")
    }
  }

  @Test("σ on the scale from 0 to 255 is told")
  func largeSigma() throws {
    let ending = try Program.run("certify --sigma 128 --timesteps 9")
    #expect(ending.status == 64 && ending.errors.contains("on a scale from 0 to 255 it would be --sigma 0.5020"))
    #expect(!(try Program.run("radius --successes 99 --samples 100 --sigma 1").errors.contains("255")))
  }

  @Test("a file of another kind is called by its name, as a model and as a picture")
  func kinds() throws {
    try TemporaryFolder.with { folder in
      let files: [(String, [UInt8], String)] = [
        ("a.pkl", Array("<!DOCTYPE html><html>".utf8), "an HTML page"),
        ("b.pkl", Array("version https://git-lfs.github.com/spec/v1\n".utf8), "a Git LFS pointer"),
        ("c.pkl", Array("RIFF".utf8) + [9, 0, 0, 0] + Array("WEBPVP8 ".utf8), "a WebP picture"),
        ("d.png", Array("GIF89a".utf8) + [1, 0, 1, 0], "a GIF picture"),
      ]
      for (name, bytes, kind) in files {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
        let model = try Program.run(["inspect", name], in: folder)
        #expect(model.status == 65 && model.errors.contains(kind) && model.errors.contains(name), "\(model.errors)")
        let picture = try Program.run(
          ["predict", name, "--model", TinyNetwork.grey.model, "--timesteps", "3"], in: folder)
        #expect(picture.status == 65 && picture.errors.contains(kind), "\(picture.errors)")
      }
    }
  }

  @Test("predict names every picture that cannot be used, and tells of an EXIF orientation that it does not apply")
  func predictPictures() throws {
    try TemporaryFolder.with { folder in
      let grey = Repository.root.appendingPathComponent("Tests/DatasetsTests/Fixtures/grey.jpg")
      var jpeg = [UInt8](try Data(contentsOf: grey))
      // APP1 with one entry, orientation 6, after the start marker.
      let exif: [UInt8] =
        Array("Exif\0\0MM".utf8) + [0, 0x2A, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
      jpeg.insert(contentsOf: [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif, at: 2)
      try Data(jpeg).write(to: folder.appendingPathComponent("turned.jpg"))
      try Data("x".utf8).write(to: folder.appendingPathComponent("a.png"))
      try Data("y".utf8).write(to: folder.appendingPathComponent("b.png"))
      let model = ["--model", TinyNetwork.grey.model, "--timesteps", "3", "--samples", "10", "--resize"]
      let refused = try Program.run(["predict", "a.png", "turned.jpg", "b.png"] + model, in: folder)
      #expect(refused.status == 65 && refused.errors.contains("a.png") && refused.errors.contains("b.png"))
      let turned = try Program.run(["predict", "turned.jpg"] + model, in: folder)
      #expect(turned.status == 0 && turned.errors.contains("turned.jpg (6)"), "\(turned.errors)")
      #expect(turned.errors.contains("not applied"))
    }
  }

  @Test("a copy of CIFAR-10's batch is named and left out")
  func copiedBatch() throws {
    try TemporaryFolder.with { folder in
      let record = [UInt8(3)] + [UInt8](repeating: 100, count: 3072)
      for name in ["test_batch.bin", "test_batch (1).bin"] {
        try Data(record + record).write(to: folder.appendingPathComponent(name))
      }
      let ending = try Program.run([
        "certify", "--data", folder.path, "--timesteps", "3", "--count", "3", "--model", "analytic:\(folder.path)",
      ])
      #expect(ending.status == 64 && ending.errors.contains("more than the 2 images"), "\(ending.errors)")
    }
  }
}
