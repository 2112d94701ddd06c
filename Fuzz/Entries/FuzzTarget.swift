import Records
import Basics
import Checkpoints
import Classifiers
import Datasets
import Foundation
import NumPyFiles
import Pickles
import Reports

/// Everything that reads bytes from outside: one target per file format.
///
/// A target accepts its input or refuses it with an error; it must not trap, hang, take memory beyond what the bytes
/// justify or throw anything else.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case pickle
  case checkpoint
  case torchArchive = "torch-archive"
  case safetensors
  /// torch.save's zip files and streams, and safetensors without a description.
  case stateDictionary = "state-dictionary"
  /// A description in JSON, a zero byte, then a model's file.
  case description
  /// config.json, a zero byte, scheduler_config.json, a zero byte, then the tensors.
  case diffusers
  case npy
  case npz
  /// Four bytes that say how much content to expect, then the file.
  case gzip
  case idx
  case cifarBinary = "cifar-binary"
  case cifarPickle = "cifar-pickle"
  case cifar100 = "cifar-100"
  case imagenet
  case png
  case jpeg
  case table
  /// run.json, a zero byte, records.jsonl, a zero byte, certified.tsv.
  case run
  case records
  case calibration
  case indices
  case published

  /// Whether `bytes` were accepted.
  ///
  /// - Throws: what is neither an `InputError` nor a `UsageError`: a defect.
  package func accepts(_ bytes: UnsafeRawBufferPointer, in folder: FuzzFolder) throws -> Bool {
    try Self.isAccepted { try read(bytes, in: folder) }
  }

  /// Whether `read` ends well; a refusal is an `InputError` or a `UsageError`, and every other error is passed on.
  package static func isAccepted(_ read: () throws -> Void) throws -> Bool {
    do {
      try read()
      return true
    } catch is InputError {
      return false
    } catch is UsageError {
      return false
    }
  }

  private func read(_ bytes: UnsafeRawBufferPointer, in folder: FuzzFolder) throws {
    switch self {
    case .pickle: try visit(PickleReader.read(file: MappedFile(path: folder.write(bytes))))
    case .checkpoint, .safetensors, .stateDictionary: try visit(Checkpoint.load(path: folder.write(bytes)))
    case .description:
      let parts = parts(of: bytes, 2)
      let description = try ModelDescription(folder.write(parts[0], as: "input.json"))
      try visit(Checkpoint.load(path: folder.write(parts[1]), description: description))
    case .diffusers:
      let parts = parts(of: bytes, 3)
      for (part, name) in zip(parts, ["config.json", "scheduler_config.json", "diffusion_pytorch_model.safetensors"]) {
        _ = try folder.write(part, as: name)
      }
      try visit(Checkpoint.load(path: folder.path))
    case .torchArchive: try TorchArchiveProbe.read(MappedFile(path: folder.write(bytes)))
    case .npy: _ = try NumPyArray(parsing: bytes, named: "input.npy")
    case .npz:
      let path = try folder.write(bytes, as: "input.npz")
      let archive = try NumPyArchive(contentsOf: path)
      for name in archive.names { _ = try archive.array(named: name) }
      try readImages(ArrayImages.open(archive: path))
    case .gzip:
      guard bytes.count >= 4 else { throw InputError("no count") }
      let count = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
      var reader = GzipReader(UnsafeRawBufferPointer(rebasing: bytes[4...]))
      _ = try reader.read(Int(count))
      try reader.requireEnd()
    case .idx: try readImages(DataSource.open("idx:" + folder.write(bytes), resources: nil))
    case .cifarBinary: try readImages(CIFAR10.open(folder.write(bytes, as: "batch.bin")))
    case .cifarPickle: try readImages(CIFAR10.open(folder.write(bytes)))
    case .cifar100:
      let file = try folder.write(bytes, as: bytes.first == 0x80 ? "test" : "test.bin")
      try readImages(CIFAR100.open(file))
      try readImages(CIFAR100.open(file, labels: .coarse))
    case .imagenet: try readImages(DownsampledImageNet.open(folder.write(bytes)))
    case .png, .jpeg: _ = try PictureFile.read(folder.write(bytes))
    case .table: _ = try ReportedRun.read(folder.write(bytes, as: "input.tsv"))
    case .run: try readRun(bytes, in: folder)
    case .records:
      _ = try folder.write(bytes, as: "records.jsonl")
      _ = try RunDirectory.readRecords(folder.path)
    case .calibration: _ = try CalibrationTable(json: Data(bytes))
    case .indices: _ = try ImageSelection.readIndices(folder.write(bytes))
    case .published: _ = try PublishedResult.read(folder.write(bytes))
    }
  }

  private func visit(_ value: PickleValue) throws { _ = value.summary }

  private func visit(_ checkpoint: Checkpoint) throws {
    for tensor in checkpoint.tensors.values where tensor.count <= 1 << 20 { _ = tensor.floats().count }
  }

  /// The bytes split at zeros into exactly `count` parts, the last ones empty where there are fewer.
  private func parts(of bytes: UnsafeRawBufferPointer, _ count: Int) -> [UnsafeRawBufferPointer] {
    let split = bytes.split(separator: 0, maxSplits: count - 1, omittingEmptySubsequences: false)
    return (0..<count).map {
      $0 < split.count ? UnsafeRawBufferPointer(rebasing: split[$0]) : .init(start: nil, count: 0)
    }
  }

  private func readImages(_ images: any LabeledImageSet) throws {
    _ = images.description
    guard images.count > 0 else { return }
    _ = try images.image(at: 0)
    _ = try images.image(at: images.count - 1)
    _ = try images.digest()
    _ = try images.check([0, images.count - 1], classCount: 10).error?.description
  }

  private func readRun(_ bytes: UnsafeRawBufferPointer, in folder: FuzzFolder) throws {
    for (part, name) in zip(parts(of: bytes, 3), ["run.json", "records.jsonl", "certified.tsv"]) {
      _ = try folder.write(part, as: name)
    }
    var refusal: (any Error)?
    do {
      let run = try ReportedRun.read(folder.path)
      _ = RunComparison.self
      _ = run.name
    } catch {
      refusal = error
    }
    // Both readers see every input, whatever the first one thinks of it.
    var verification = try RunVerification(path: folder.path)
    verification.checkFiles(engine: nil)
    if let refusal { throw refusal }
  }
}
