import ArgumentParser
import NoisedDiffusionClassifiers

struct ConvertCommand: ParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Turn a checkpoint into .safetensors with the architecture in its metadata.",
    discussion: "The checkpoint is checked completely first: every tensor needed is there and every tensor is used.")

  @Argument(help: ArgumentHelp(DescriptionOptions.model, valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The .safetensors file to write.", valueName: "out"))
  var output: String

  @OptionGroup var description: DescriptionOptions

  @Option(
    help: ArgumentHelp(
      "What the classes are called: a file with one name a line, in the order of the labels. --among and class folders are matched with them.",
      valueName: "file"))
  var classNames: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  private struct Result: Encodable {
    var out: String
    var digest: String
    var tensors: Int
    var parameters: Int
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(model: input)
      plan.read(classNames)
      plan.read(description: description.modelConfig)
      plan.write(output, .weights, option: "")
      return plan
    }
  }

  func run() throws {
    guard output.hasSuffix(".safetensors") else {
      throw UsageError("the output \(output) must be called .safetensors, the only format that is written")
    }
    var checkpoint = try Checkpoint.load(path: BundledModel.path(naming: input), description: description.load())
    for remark in checkpoint.remarks { Output.notice(remark) }
    if let classNames { try checkpoint.nameClasses(file: classNames) }
    _ = try UNetDenoiser(checkpoint)
    try checkpoint.writeSafetensors(to: output)
    let written = try Checkpoint.load(path: output)
    if json {
      try Output.json(
        Result(
          out: output, digest: written.digest, tensors: written.tensors.count, parameters: written.parameterCount))
    } else {
      Output.line("wrote \(output): \(written.tensors.count) tensors, \(written.parameterCount) parameters")
    }
  }
}
