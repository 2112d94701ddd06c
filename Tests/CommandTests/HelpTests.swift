import Testing

@Suite("Help", .enabled(if: Program.isBuilt, Program.absent))
struct HelpTests {
  static let smoothing = ["--sigma", "--timesteps", "--selection-samples", "--samples", "--alpha", "--seed"]

  static let flags = [
    "certify": smoothing + [
      "--model", "--data", "--preset", "--stop", "--target-radius", "--out", "--resume", "--json",
      "--shard",
    ],
    "status": ["--json"],
    "merge": ["--out", "--partial", "--json"],
    "launch": ["slurm"],
    "predict": smoothing + ["--model", "--json"],
    "classify": ["--model", "--data", "--method", "--sigma", "--clean", "--noisy", "--json"],
    "losses": ["--model", "--x", "--noise", "--grid", "--method", "--weighting", "--sigma", "--precision", "--out"],
    "denoise": ["--model", "--x", "--sigma", "--labels", "--precision", "--out"],
    "radius": ["--successes", "--samples", "--alpha", "--sigma", "--json"],
    "report": ["--out", "--svg", "--csv", "--markdown", "--latex", "--radii", "--published", "--json"],
    "compare": ["--radius", "--common", "--anyway", "--json"],
    "inspect": ["--json", "model"],
    "calibrate": [
      "--model", "--data", "--sigma", "--images", "--levels", "--quiet-levels", "--most-levels", "--loss-share",
      "--out",
    ],
    "benchmark": ["--model", "--precisions", "--batch", "--threads", "--no-presets", "--json"],
    "verify": ["--redraw", "--seed", "--model", "--data", "--threads", "--json", "run"],
    "convert": ["--json", "safetensors"],
    "quantize": ["--calibration", "--images", "--levels", "--rule", "--seed", "--json", "safetensors"],
  ]

  @Test("every command names its main flags", arguments: flags.keys.sorted())
  func command(_ name: String) throws {
    let ending = try Program.run([name, "--help"])
    #expect(ending.status == 0)
    #expect(ending.errors.isEmpty)
    for flag in try #require(Self.flags[name]) {
      #expect(ending.output.contains(flag), "\(name) --help does not name \(flag)")
    }
  }

  @Test("the program names its commands and its version")
  func program() throws {
    let help = try Program.run("--help")
    #expect(help.status == 0)
    for name in Self.flags.keys { #expect(help.output.contains("  \(name) "), "\(name) is not listed") }
    let version = try Program.run("--version")
    #expect(version.status == 0)
    #expect(version.output.hasPrefix("ndc "))
  }

  @Test("an unknown command is bad usage")
  func unknown() throws {
    #expect(try Program.run("unknown").status == 64)
  }
}
