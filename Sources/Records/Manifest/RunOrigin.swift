import Basics
import Certification
import Foundation

/// run.json for a report, whatever version wrote it: what an older one lacks is nil, what a newer one adds is passed
/// over. A ``RunManifest``, which runs are continued and verified by, must be complete.
public struct RunOrigin: Hashable, Sendable, Decodable {
  public var program: Program?
  public var arguments: [String]?
  public var created: String?
  public var model: Model?
  public var data: Data?
  public var classifier: Classifier?
  /// The classes that the classifier chose from; nil for all of the model's.
  public var classes: ClassSet?
  public var smoothing: Smoothing?
  public var images: Images?
  /// What became of selected images of other classes.
  public var otherClasses: OtherClasses?
  /// N of the joint claim.
  public var claim: Int?
  /// Which part of a larger run this one is.
  public var shard: Shard?
  /// Where its parts come from, where the run was merged.
  public var merged: Merged?
  public var execution: Execution?
  public var host: Host?

  public init() {}

  public struct Program: Hashable, Sendable, Decodable {
    public var name: String?
    public var version: String?
  }

  public struct Model: Hashable, Sendable, Decodable {
    public var source: String?
    public var digest: String?
    public var unconditionalSource: String?
    public var unconditionalDigest: String?
    public var architecture: String?
    /// A served classifier that gave the votes.
    public var classifierSource: String?
    /// How models were served that live elsewhere.
    public var served: Served?

    public struct Served: Hashable, Sendable, Decodable {
      public var server: String?
      public var serverVersion: String?
      public var companionDependence: CompanionDependence?
    }
  }

  public struct Data: Hashable, Sendable, Decodable {
    public var source: String?
    public var digest: String?
    public var adaptation: String?
    public var classNames: [String]?
  }

  public struct Classifier: Hashable, Sendable, Decodable {
    public var description: String?
    public var specification: Specification?
    public var precision: String?
    public var extrapolation: RunManifest.Classifier.Extrapolation?

    public init() {}
  }

  /// Which images of the data set, as an ``ImageSelection`` says it.
  public struct Images: Hashable, Sendable, Decodable {
    public var first: Int?
    public var stride: Int?
    public var count: Int?
    public var listed: [Int]?

    public init(first: Int? = nil, stride: Int? = nil, count: Int? = nil, listed: [Int]? = nil) {
      self.first = first
      self.stride = stride
      self.count = count
      self.listed = listed
    }
  }

  public struct Shard: Hashable, Sendable, Decodable {
    public var index: Int?
    public var of: Int?
    public var images: Int?
  }

  public struct Merged: Hashable, Sendable, Decodable {
    public struct Part: Hashable, Sendable, Decodable {
      public var host: String?
    }

    public var parts: [Part]?
    public var partialOf: Int?
  }

  public struct Execution: Hashable, Sendable, Decodable {
    public var threads: Int?
  }

  public struct Host: Hashable, Sendable, Decodable {
    public var name: String?
    public var system: String?
    public var processor: String?
    public var cores: Int?
    public var instructionSet: String?
    public var libraries: [String: String]?

    public init() {}
  }
}

extension RunOrigin {
  /// Reads the run.json of a run directory.
  ///
  /// - Throws: `InputError` naming the file and the field that is not what it should be.
  public static func read(_ folder: String) throws -> RunOrigin {
    let file = folder + "/" + RunFile.manifestName
    let bytes = try RunFile.readManifest(file)
    let data = Foundation.Data(bytes)
    do {
      return try JSONDecoder().decode(RunOrigin.self, from: data)
    } catch DecodingError.typeMismatch(_, let context) where context.codingPath.isEmpty {
      throw InputError("not a run's description", file: file, expected: "a JSON object")
    } catch DecodingError.dataCorrupted(let context)
      where context.codingPath.isEmpty && (try? JSONDecoder().decode(JSONValue.self, from: data)) != nil
    {
      // Foundation takes such a number for broken JSON.
      throw InputError("a number that its field cannot hold, such as a fraction of a vote", file: file)
    } catch let error as DecodingError {
      throw InputError(decoding: error, file: file)
    }
  }

  public var sigma: Double? { smoothing?.sigma }
  public var alpha: Double? { smoothing?.alpha }
  /// The rule by which votes end, with all its numbers; nil where the file lacks one, and for a rule of a newer version.
  package var countingRule: CertificationRule? {
    guard let smoothing, let selectionSamples = smoothing.selectionSamples, let samples = smoothing.samples,
      let alpha = smoothing.alpha, let stop = smoothing.stop
    else { return nil }
    return try? CertificationRule(
      .init(
        selectionSamples: selectionSamples, samples: samples, alpha: alpha, stop: stop,
        targetRadii: smoothing.targetRadii.isEmpty ? nil : smoothing.targetRadii,
        radiusTolerance: smoothing.radiusTolerance, hopelessChance: smoothing.hopelessChance))
  }

  /// The rule by which votes end, for its words: the numbers of votes and α are not the run's, which may lack them. nil
  /// for a rule of a newer version.
  package var rule: CertificationRule? {
    let targets = smoothing?.targetRadii ?? []
    return try? CertificationRule(
      .init(
        selectionSamples: 1, samples: 1, alpha: 0.5, stop: smoothing?.stop ?? Certify.stop,
        targetRadii: targets.isEmpty ? nil : Set(targets).sorted(),
        radiusTolerance: targets.isEmpty ? smoothing?.radiusTolerance : nil))
  }
}
