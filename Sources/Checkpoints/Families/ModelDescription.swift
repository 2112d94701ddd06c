import Basics
import Foundation

/// What a model's file does not say: the flags of the program that trained it.
public struct ModelDescription: Hashable, Sendable {
  /// The file or published name that it came from.
  public var origin: String
  package var values: [String: JSONValue]

  private static let largestFile = 1 << 20

  /// Those of `published` by name, or a JSON file.
  ///
  /// - Throws: `InputError` naming the file where it cannot be read or holds no JSON object.
  public init(_ text: String) throws {
    if let values = Self.published[text] {
      self.init(origin: text, values: values)
      return
    }
    let bytes = try BoundedFile.readJSON(text, limit: Self.largestFile, kind: "a model's description")
    do {
      guard case .object(let values) = try bytes.withUnsafeBytes({ try JSONValue(strict: $0) }) else {
        throw InputError("no JSON object")
      }
      self.init(origin: text, values: values)
    } catch let error as InputError {
      throw error.inFile(text)
    }
  }

  package init(origin: String, values: [String: JSONValue]) {
    self.origin = origin
    self.values = values
  }

  /// The one beside a model file, STEM.json beside STEM.pt; nil where there is none.
  public static func beside(model path: String) throws -> ModelDescription? {
    let url = URL(fileURLWithPath: path)
    var isFolder: ObjCBool = false
    guard url.pathExtension != "json", !url.pathExtension.isEmpty,
      FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
    else { return nil }
    // As the model was named, for messages.
    let file = String(path.dropLast(url.pathExtension.count)) + "json"
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    return try ModelDescription(file)
  }

  public static var publishedNames: [String] { published.keys.sorted() }

  private static let published: [String: [String: JSONValue]] = {
    func guided(_ size: Int, _ more: [String: JSONValue]) -> [String: JSONValue] {
      [
        "family": .string("guided-diffusion"), "image_size": .integer(size), "noise_schedule": .string("linear"),
        "diffusion_steps": .integer(1000), "rescale_timesteps": .bool(false), "use_new_attention_order": .bool(false),
      ].merging(more) { $1 }
    }
    func improved(_ size: Int, rescales: Bool) -> [String: JSONValue] {
      [
        "family": .string("improved-diffusion"), "image_size": .integer(size), "noise_schedule": .string("cosine"),
        "diffusion_steps": .integer(4000), "rescale_timesteps": .bool(rescales), "num_heads": .integer(4),
        "use_new_attention_order": .bool(false),
      ]
    }
    return [
      "guided-diffusion-64": guided(
        64,
        [
          "noise_schedule": .string("cosine"), "num_head_channels": .integer(64),
          "use_new_attention_order": .bool(true),
        ]),
      "guided-diffusion-128": guided(128, ["num_heads": .integer(4)]),
      "guided-diffusion-256": guided(256, ["num_head_channels": .integer(64)]),
      "guided-diffusion-512": guided(512, ["num_head_channels": .integer(64)]),
      "improved-diffusion-imagenet64-cond": improved(64, rescales: false),
      "improved-diffusion-imagenet64-uncond": improved(64, rescales: true),
      "improved-diffusion-cifar10-uncond": improved(32, rescales: true),
      "consistency-edm-imagenet64": [
        "family": .string("consistency-edm"), "image_size": .integer(64), "num_head_channels": .integer(64),
      ],
    ]
  }()
}
