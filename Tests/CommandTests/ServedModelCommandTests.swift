import Foundation
import NumPyFiles
import TestSupport
import Testing

@Suite(
  "Models served elsewhere, through the command",
  .enabled(if: Program.isBuilt && ReferenceServer.isBuilt, "ndc or the reference server was not built"))
struct ServedModelCommandTests {
  /// The exact denoiser of the bundled digits: the same numbers in this process and behind the wire.
  private static let served = ["--model", "analytic:mnist"]
  private static let rule = [
    "--sigma", "0.5", "--timesteps", "3", "--selection-samples", "4", "--samples", "30", "--stop", "fixed", "--alpha",
    "0.01", "--patience", "60",
  ]

  private func certify(_ model: String, _ folder: URL, _ more: [String] = []) throws -> (Program.Ending, RunFiles) {
    let classes = model.hasPrefix("http") ? ["--classes", "10"] : []
    let ending = try Program.run(
      ["certify", "--model", model, "--out", folder.path] + classes + Self.rule + more)
    return (ending, RunFiles(folder: folder))
  }

  @Test("votes through the wire are those of the same model in the process, and verify")
  func parity() throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(Self.served)
      let (near, here) = try certify("analytic:mnist", folder.appendingPathComponent("here"), ["--count", "3"])
      let (far, there) = try certify(server.address, folder.appendingPathComponent("there"), ["--count", "3"])
      #expect(near.status == 0 && far.status == 0, "\(far.errors)")
      #expect(try there.timelessResults() == here.timelessResults())
      let manifest = try there.text("run.json")
      #expect(manifest.contains("\"server\" : \"reference-server\"") && manifest.contains(server.address))
      let verified = try Program.run(["verify", there.folder.path, "--redraw", "all"])
      #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
      let other = try server.restarted(Self.served + ["--variant", "0.001"])
      let refuted = try Program.run(["verify", there.folder.path])
      #expect(refuted.status == 65 && refuted.output.contains("another model"), "\(refuted.output)")
      let resumed = try certify(other.address, there.folder, ["--count", "5", "--resume"]).0
      #expect(resumed.status == 64 && resumed.errors.contains("model.digest"), "\(resumed.errors)")
    }
  }

  @Test("a server killed and started again in mid-run changes no vote")
  func restarted() throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(Self.served)
      let (_, quiet) = try certify(server.address, folder.appendingPathComponent("quiet"), ["--count", "5"])
      let files = RunFiles(folder: folder.appendingPathComponent("hunted"))
      let program = try Program(
        ["certify", "--model", server.address, "--classes", "10", "--out", files.folder.path, "--count", "5"]
          + Self.rule)
      while program.isRunning, files.finishedImages < 2 { usleep(500) }
      let again = try server.restarted(Self.served)
      let ending = try program.wait()
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(try files.timelessResults() == quiet.timelessResults())
      _ = again
    }
  }

  @Test("a model swapped in mid-run ends it with 65; no record holds both models' votes")
  func swapped() throws {
    try TemporaryFolder.with { folder in
      let whole = try ReferenceServer(Self.served)
      let (_, quiet) = try certify(whole.address, folder.appendingPathComponent("quiet"), ["--count", "3"])
      // The same connection goes on: only asking again can tell.
      let server = try ReferenceServer(Self.served + ["--fault", "swap", "--after", "40"])
      let (ending, files) = try certify(server.address, folder.appendingPathComponent("swapped"), ["--count", "400"])
      #expect(ending.status == 65 && ending.errors.contains("another model answers"), "\(ending.errors)")
      let kept = try files.timelessResults().filter { $0.hasPrefix("{") }
      let honest = try quiet.timelessResults().filter { $0.hasPrefix("{") }
      #expect(kept.count < 400 && Array(honest.prefix(kept.count)) == Array(kept.prefix(honest.count)))
    }
  }

  @Test("a server that goes for good ends the run with 69, everything finished kept")
  func gone() throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(Self.served)
      let files = RunFiles(folder: folder.appendingPathComponent("run"))
      let arguments = [
        "certify", "--model", server.address, "--classes", "10", "--out", files.folder.path, "--count", "400",
      ]
      let program = try Program(arguments + Self.rule + ["--patience", "4"])
      while program.isRunning, files.finishedImages < 2 { usleep(500) }
      server.kill()
      let ending = try program.wait()
      #expect(ending.status == 69 && ending.errors.contains(server.address), "\(ending.errors)")
      #expect(try files.records().count >= 2)
      let none = try Program.run(arguments + Self.rule + ["--patience", "0", "--resume"])
      #expect(none.status == 69, "\(none.errors)")
    }
  }

  @Test("a report needs no server: one that is gone, or says nothing, costs it the pictures and no patience")
  func reportAlone() throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(Self.served)
      let (ending, files) = try certify(server.address, folder.appendingPathComponent("run"), ["--count", "1"])
      #expect(ending.status == 0, "\(ending.errors)")
      server.kill()
      let page = folder.file("page.html")
      let begin = ContinuousClock.now
      let report = try Program.run(["report", files.folder.path, "--out", page])
      // Far more than the two seconds that it waits, and less than the patience of a run.
      #expect(ContinuousClock.now - begin < .seconds(100))
      #expect(report.status == 0 && report.errors.contains("no pictures of"), "\(report.errors)")
      #expect(try String(contentsOfFile: page, encoding: .utf8).contains("could not be shown again"))
    }
  }

  @Test("companion dependence is refused, or accepted, recorded and said")
  func companions() throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(Self.served + ["--fault", "companions"])
      let refused = try certify(server.address, folder.appendingPathComponent("refused"), ["--count", "1"]).0
      #expect(refused.status == 65 && refused.errors.contains("other rows"), "\(refused.errors)")
      let (ending, files) = try certify(
        server.address, folder.appendingPathComponent("run"), ["--count", "1", "--accept-companion-dependence"])
      #expect(ending.status == 0 && ending.errors.contains("requests of its own"), "\(ending.errors)")
      #expect(try files.text("run.json").contains("\"companionDependence\" : \"within requests\""))
      let page = folder.file("page.html")
      #expect(try Program.run(["report", files.folder.path, "--out", page]).status == 0)
      #expect(try String(contentsOfFile: page, encoding: .utf8).contains("each vote had requests of its own"))
    }
  }

  @Test("classifiers give votes alone and behind a denoiser; everything else works for them")
  func classifiers() throws {
    try TemporaryFolder.with { folder in
      let classifier = try ReferenceServer(["--classifier", "--shape", "1x28x28", "--classes", "10"])
      for (name, model) in [
        ("cohen", ["--method", "classifier", "--model", classifier.address]),
        ("carlini", ["--method", "denoise-classify", "--model", "analytic:mnist", "--classifier", classifier.address]),
      ] {
        let files = RunFiles(folder: folder.appendingPathComponent(name))
        let ending = try Program.run(
          ["certify", "--sigma", "0.25", "--samples", "200", "--count", "2", "--target-radius", "0.1", "--out"]
            + [files.folder.path] + model)
        #expect(ending.status == 0, "\(ending.errors)")
        // An evaluation a vote; those cast beside the last one that counted are paid for too.
        #expect(
          try files.records().allSatisfy { record in
            let counted = record.samples + record.selectionVotes.reduce(0, +)
            return (counted...counted + 128).contains(record.evaluations)
          })
        let manifest = try files.text("run.json")
        #expect(manifest.contains(classifier.address))
        // Neither levels nor racing: there are none.
        let description = name == "cohen" ? "classifier, σ = 0.25" : "denoise-classify by a served classifier, σ = 0.25"
        #expect(ending.errors.contains("\(description), seed"), "\(ending.errors)")
        #expect(manifest.contains("\"description\" : \"\(description)\""), "\(manifest)")
        let verified = try Program.run(["verify", files.folder.path, "--redraw", "all"])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(try Program.run(["report", files.folder.path, "--json"]).status == 0)
      }
    }
  }

  @Test(
    "recorded networks give their outputs through the wire, bit for bit those of the process",
    arguments: TinyNetwork.all)
  func recorded(_ network: TinyNetwork) throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(["--model", network.model])
      let classes = try network.array("labels.npy").floats().reduce(0, max) + 1
      for (labels, reference) in [
        (["--labels", network.file("labels.npy")], "denoised.npy"), ([], "denoised_unconditional.npy"),
      ] {
        let arrays = ["--x", network.file("x.npy"), "--sigma", network.file("sigma.npy")] + labels
        let near = folder.file("near-" + reference)
        let far = folder.file("far-" + reference)
        let local = try Program.run(["denoise", "--model", network.model, "--out", near] + arrays)
        #expect(local.status == 0, "\(local.errors)")
        let served = try Program.run(
          ["denoise", "--model", server.address, "--classes", "\(Int(classes))", "--out", far] + arrays)
        #expect(served.status == 0, "\(served.errors)")
        let found = try NumPyArray(contentsOf: far).floats()
        #expect(try found == NumPyArray(contentsOf: near).floats())
        let expected = try network.array(reference).floats()
        let scale = expected.reduce(0) { max($0, abs($1)) }
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= DenoiseCommandTests.parity * scale })
      }
    }
  }

  private struct Inspection: Decodable {
    var server: String
    var kind: String
    var outputs: [String]
    var classes: Int
    var unconditional: Bool
    var bytes: Bool
    var batch: Int
    var companions: String
    var fingerprint: String
    var methods: [String]
  }

  @Test("inspect says what is served, which fingerprint a run records, and whether rows depend on their companions")
  func inspect() throws {
    try TemporaryFolder.with { folder in
      let server = try ReferenceServer(Self.served)
      let ending = try Program.run(["inspect", server.address, "--classes", "10", "--json"])
      let found = try ending.json(Inspection.self)
      #expect((found.server, found.kind, found.classes, found.batch) == ("reference-server", "denoiser", 10, 64))
      #expect(found.unconditional && found.bytes && found.companions == "none" && found.methods.contains("apndc"))
      #expect(found.outputs == ["denoised FP32 [-1,1,28,28]"])
      let (_, files) = try certify(server.address, folder.appendingPathComponent("run"), ["--count", "1"])
      #expect(try files.text("run.json").contains(found.fingerprint))
      let text = try Program.run(["inspect", server.address])
      #expect(text.status == 0 && text.output.contains("not told"), "\(text.output)\(text.errors)")

      let dependent = try ReferenceServer(["--shape", "1x4x4", "--json-only", "--fault", "companions"])
      let told = try Program.run(["inspect", dependent.address, "--classes", "10", "--batch", "8"])
      #expect(told.status == 0 && told.output.contains("within requests"), "\(told.output)\(told.errors)")
      #expect(told.output.contains("as JSON") && told.output.contains("8 rows a request"), "\(told.output)")

      let classifier = try ReferenceServer(["--classifier", "--shape", "1x4x4", "--classes", "7"])
      let logits = try Program.run(["inspect", classifier.address, "--json"]).json(Inspection.self)
      #expect((logits.kind, logits.classes, logits.methods) == ("classifier", 7, ["classifier"]))

      let labelled = try ReferenceServer(["--shape", "1x4x4", "--always-labels"])
      let unnamed = try Program.run(["inspect", labelled.address])
      #expect(unnamed.status == 64 && unnamed.errors.contains("--classes"), "\(unnamed.errors)")
      let kernels = try Program.run(["inspect", labelled.address, "--kernels"])
      #expect(kernels.status == 64 && kernels.errors.contains("--kernels"), "\(kernels.errors)")
      server.kill()
      #expect(try Program.run(["inspect", server.address, "--patience", "0"]).status == 69)
    }
  }

  @Test("impossible options are refused before anything is asked")
  func usage() throws {
    for (line, word) in [
      ("certify --method classifier", "--method classifier"),
      ("certify --classifier http://127.0.0.1:1/v2/models/a", "--classifier"),
      ("certify --model http://127.0.0.1:1/v2/models/", "expected http"),
      ("certify --model http://127.0.0.1:1/v2/models/a --precision int8 --classes 10", "int8"),
      ("certify --model http://127.0.0.1:1/v2/models/a --connections 0", "--connections"),
      ("certify --model http://127.0.0.1:1/v2/models/a --patience -1", "--patience"),
      ("certify --model http://127.0.0.1:1/v2/models/a --image-shape 3x32", "image-shape"),
    ] {
      let ending = try Program.run(line)
      #expect(ending.status == 64 && ending.errors.contains(word), "\(line): \(ending.errors)")
    }
  }
}
