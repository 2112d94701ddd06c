import ArgumentParser
import NoisedDiffusionClassifiers

/// Which of the model's classes the classifier chooses from.
struct ClassOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Choose among some of the model's classes only, at least two: labels or names separated by commas, or a file with one a line. It is another classifier, and costs as if the model had no others.",
      valueName: "list|file"))
  var among: String?

  /// The classes as they were named, before the model is known; nil for all.
  ///
  /// - Throws: `UsageError` for a list that names no set of classes, `InputError` for a file that cannot be read.
  func list() throws -> ClassList? { try among.map { try ClassList(text: $0) } }

  /// The classes by their labels; nil for all.
  ///
  /// - Throws: `UsageError` for a class that the model does not have.
  func classes(of model: DiffusionModel) throws -> ClassSet? { try list().map { try model.classes($0) } }
}

/// What becomes of images of other classes.
struct OtherClassOptions: ParsableArguments {
  @Flag(help: "With --among: take selected images of other classes too; every answer to them is wrong.")
  var countOthersWrong = false

  @Flag(help: "With --among: leave selected images of other classes out.")
  var skipOthers = false

  /// nil where they are refused.
  var others: OtherClasses? { countOthersWrong ? .countedWrong : skipOthers ? .skipped : nil }

  /// - Throws: `ValidationError` where the flags contradict each other or `--among` is absent.
  func check(_ classes: ClassOptions) throws {
    if countOthersWrong, skipOthers {
      throw ValidationError("--count-others-wrong and --skip-others exclude each other")
    }
    if others != nil, classes.among == nil {
      throw ValidationError(
        "--count-others-wrong and --skip-others say what becomes of classes that --among leaves out")
    }
  }

  /// What `body` returns; where it refuses images of other classes, says what to do about them.
  static func advising<Value>(_ advice: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as OtherClassesError {
      Output.notice(advice)
      throw error.error
    }
  }
}
