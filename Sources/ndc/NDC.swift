import ArgumentParser
import NoisedDiffusionClassifiers

struct NDC: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndc",
    abstract: "Certified robust image classification with diffusion models.",
    discussion: """
      For each image: a class, and an L2 radius in pixels (images span [0, 1]) within which no change can alter the \
      answer, except with probability alpha. A class-conditional diffusion model scores the classes of noisy copies of the \
      image (EPNDC, APNDC); randomized smoothing turns those votes into the radius.

      `ndc certify` without arguments certifies 20 handwritten digits with a bundled model.

      Exit status: 0 done; 64 bad usage; 65 bad input data, or a run that does not hold; 69 a server that does not \
      answer, or a run that could not be checked; 70 a bug; 130 interrupted, with everything finished kept.
      """,
    version: Version.text,
    subcommands: commands)

  /// Each says which files it reads and writes.
  private static let commands: [any NamesFiles.Type] = [
    CertifyCommand.self, PredictCommand.self, ClassifyCommand.self, LossesCommand.self, DenoiseCommand.self,
    RadiusCommand.self, InspectCommand.self, ConvertCommand.self, CalibrateCommand.self, QuantizeCommand.self,
    BenchmarkCommand.self,
    ReportCommand.self, CompareCommand.self, VerifyCommand.self, StatusCommand.self, MergeCommand.self,
    LaunchCommand.self,
  ]
}

enum Version {
  static let number = "0.3.0"
  static let program = RunManifest.Program(version: number)
  static let text = "ndc \(number)"
}
