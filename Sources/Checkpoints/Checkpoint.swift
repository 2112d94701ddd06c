import Basics

/// A model file in memory: its architecture and its tensors by path below the preconditioner, such as
/// `model.enc.32x32_conv.weight`, `model.map_noise.freqs` or `u`.
public struct Checkpoint: Sendable {
  public var file: String
  /// SHA-256 of the file.
  public var digest: String
  public var architecture: Architecture
  public var tensors: [String: CheckpointTensor]
  public var notes: CheckpointNotes
  /// What `ndc quantize` found, where it has been run.
  public var quantization: Quantization?
  /// The facts of its training, as the program that trained it wrote them (`Training/export.py`); kept, not understood.
  public var training: String?
  /// What is worth saying about how it was read.
  public var remarks: [String] = []

  public init(
    file: String, digest: String, architecture: Architecture, tensors: [String: CheckpointTensor],
    notes: CheckpointNotes = CheckpointNotes(), quantization: Quantization? = nil
  ) {
    self.file = file
    self.digest = digest
    self.architecture = architecture
    self.tensors = tensors
    self.notes = notes
    self.quantization = quantization
  }
}
