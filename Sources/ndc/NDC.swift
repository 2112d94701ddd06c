import ArgumentParser

@main
struct NDC: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ndc")
}
