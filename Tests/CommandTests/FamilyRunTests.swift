import Foundation
import NumPyFiles
import TestSupport
import Testing

/// A small model of a family, its description, and an edit of that; neither of a file that says all.
struct FamilyModel: Sendable, CustomStringConvertible {
  var description: String
  /// What `--model-config` says.
  var flags: String?
  /// The same with one key changed, and the key.
  var edited = ""
  var key = ""

  private static let openAI = #""image_size": 16, "zero_label": true"#
  private static let guided =
    openAI + #", "num_head_channels": 8, "use_new_attention_order": true, "noise_schedule": "cosine""#
  private static let improved = openAI + #", "noise_schedule": "cosine", "rescale_timesteps": false"#
  private static let teacher = openAI + #", "num_head_channels": 8"#

  static let all = [
    FamilyModel(
      description: "diffusers", flags: #"{"zero_label": true}"#,
      edited: #"{"zero_label": true, "timestep": "rounded"}"#, key: "timestep"),
    FamilyModel(
      description: "edm-state-dict", flags: #"{"sigma_data": 0.5}"#, edited: #"{"sigma_data": 0.6}"#,
      key: "sigma_data"),
    FamilyModel(
      description: "guided-diffusion", flags: "{\(guided)}", edited: #"{\#(guided), "diffusion_steps": 999}"#,
      key: "diffusion_steps"),
    FamilyModel(
      description: "improved-diffusion", flags: #"{\#(improved), "diffusion_steps": 4000}"#,
      edited: #"{\#(improved.replacingOccurrences(of: "false", with: "true")), "diffusion_steps": 4000}"#,
      key: "rescale_timesteps"),
    FamilyModel(
      description: "consistency-edm", flags: "{\(teacher)}", edited: #"{\#(teacher), "sigma_data": 0.6}"#,
      key: "sigma_data"),
    FamilyModel(description: "edm2"),
    FamilyModel(
      description: "edm2-state-dict", flags: #"{"channels_per_head": 8}"#,
      edited: #"{"channels_per_head": 8, "clip_act": 128}"#, key: "clip_act"),
  ]

  /// In the repository, or else in the development data; nil where both lack it.
  private var folder: URL? {
    let committed = Repository.root.appendingPathComponent("Tests/UNetsTests/Fixtures/families/\(description)")
    return [committed, Repository.shared?.appendingPathComponent("fixtures/families/\(description)")]
      .compactMap(\.self).first { FileManager.default.fileExists(atPath: $0.path) }
  }

  static let present = all.filter { $0.folder != nil }
  static let described = present.filter { $0.flags != nil }

  func file(_ name: String) -> String { folder?.appendingPathComponent(name).path ?? name }
  var model: String {
    file(description == "diffusers" ? "model" : description == "edm2" ? "model.pkl" : "model.pt")
  }
}

/// From a family's file to a run that is interrupted, goes on, and is verified by votes cast again.
@Suite("Runs on models of other families", .enabled(if: Program.isBuilt, Program.absent))
struct FamilyRunTests {
  /// A family's model in a folder of its own, with six pictures.
  private struct Trial {
    var family: FamilyModel
    var folder: URL

    private var config: String { folder.file("about.json") }
    /// What names it to a command.
    var description: [String] { family.flags == nil ? [] : ["--model-config", config] }

    func describe(_ text: String?) throws {
      if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: config)) }
    }

    func prepare() throws {
      let pixels = (0..<6 * 768).map { Float($0 % 16 < 8 + $0 / 768 ? 0.25 : 0.75) }
      try NumPyArray(shape: [6, 3, 16, 16], pixels).write(to: folder.file("x.npy"))
      try NumPyArray(shape: [6], [0, 1, 2, 3, 4, 5] as [Int64]).write(to: folder.file("y.npy"))
      try describe(family.flags)
    }

    func certify(_ run: String, count: Int = 2, _ more: String...) -> [String] {
      [
        "certify", "--model", family.model, "--data",
        "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))", "--sigma", "0.5", "--stop", "fixed", "--samples", "12",
        "--selection-samples", "2", "--timesteps", "4", "--precision", "fp32", "--count", "\(count)", "--out",
        folder.file(run),
      ] + description + more
    }

    func files(_ run: String) -> RunFiles { RunFiles(folder: folder.appendingPathComponent(run)) }

    /// Kills a run of two images in its second one; false where it came too far for that.
    func interrupt(_ run: String) throws -> Bool {
      let program = try Program(certify(run))
      while program.isRunning, files(run).finishedImages < 1 { usleep(1000) }
      program.send(SIGKILL)
      return try program.wait().status == nil && files(run).finishedImages == 1
    }
  }

  private func withTrial(_ family: FamilyModel, _ body: (Trial) throws -> Void) throws {
    try TemporaryFolder.with { folder in
      let trial = Trial(family: family, folder: folder)
      try trial.prepare()
      try body(trial)
    }
  }

  @Test("the other families' fixtures are here", .enabled(if: Repository.shared != nil, "\(Repository.sharedAbsent)"))
  func present() { #expect(FamilyModel.present.count == FamilyModel.all.count) }

  @Test("two images are certified, interrupted, finished and verified", arguments: FamilyModel.present)
  func run(family: FamilyModel) throws {
    try withTrial(family) { trial in
      let quiet = try Program.run(trial.certify("quiet"))
      #expect(quiet.status == 0, "\(quiet.errors)")
      // Where other programs have the processors, the kill may come too late: once more, then.
      let run = try (0..<10).lazy.map { "killed\($0)" }.first { try trial.interrupt($0) }
      let killed = try #require(run, "no run was killed in time")
      let more = try Program.run(trial.certify(killed, "--resume"))
      #expect(more.status == 0 && more.errors.contains("resuming after"), "\(more.errors)")
      #expect(try trial.files(killed).timelessResults() == trial.files("quiet").timelessResults())
      #expect(try trial.files(killed).records().map { $0.votes.reduce(0, +) } == [12, 12])
      let verified = try Program.run(["verify", trial.folder.file(killed), "--redraw", "all"])
      #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }
  }

  @Test("--resume refuses an edited description by the key's name", arguments: FamilyModel.described)
  func edited(family: FamilyModel) throws {
    try withTrial(family) { trial in
      let begun = try Program.run(trial.certify("run", count: 1))
      #expect(begun.status == 0, "\(begun.errors)")
      let records = try trial.files("run").text("records.jsonl")
      try trial.describe(family.edited)
      let refused = try Program.run(trial.certify("run", "--resume"))
      #expect(refused.status == 64 || refused.status == 65)
      #expect(refused.errors.contains("model.description.\(family.key)"), "\(refused.errors)")
      #expect(try trial.files("run").text("records.jsonl") == records)
      try trial.describe(family.flags)
      let more = try Program.run(trial.certify("run", "--resume"))
      #expect(more.status == 0, "\(more.errors)")
    }
  }

  @Test("a converted file needs no description and denoises to the same bytes", arguments: FamilyModel.present)
  func converted(family: FamilyModel) throws {
    try withTrial(family) { trial in
      let copy = trial.folder.file("copy.safetensors")
      let conversion = try Program.run(["convert", family.model, copy] + trial.description)
      #expect(conversion.status == 0, "\(conversion.errors)")
      func denoise(_ words: [String], _ out: String) throws -> Data {
        let ending = try Program.run(
          [
            "denoise", "--x", family.file("x.npy"), "--sigma", family.file("sigma.npy"), "--labels",
            family.file("labels.npy"), "--out", trial.folder.file(out), "--model",
          ] + words)
        #expect(ending.status == 0, "\(ending.errors)")
        return try Data(contentsOf: trial.folder.appendingPathComponent(out))
      }
      let precisions = ["fp32", "bf16"]
      for precision in precisions {
        let original = try denoise(
          [family.model, "--precision", precision] + trial.description, "a-\(precision).npy")
        #expect(try denoise([copy, "--precision", precision], "b-\(precision).npy") == original)
      }
    }
  }
}
