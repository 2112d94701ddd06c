import Basics

/// Reads Python pickles, protocols 0 to 5, without executing anything.
///
/// Classes and functions become names, calls become inert `PickleObject`s. Memory and time are bounded by
/// `PickleLimits`, every size by the bytes that are there; each unknown or refused instruction is an error with its
/// offset.
public enum PickleReader {
  /// The pickle at the start of `file`.
  ///
  /// - Throws: `InputError` naming the file and the offset.
  public static func read(file: MappedFile) throws -> PickleValue {
    try read(ByteSource(file)).root
  }

  /// The pickle at the start of `range` (all of `source` unless given); what follows its STOP is left alone.
  ///
  /// - Throws: `InputError` naming the source and the offset.
  public static func read(
    _ source: ByteSource, range: Range<Int>? = nil, limits: PickleLimits = PickleLimits()
  ) throws -> Pickle {
    let range = range ?? 0..<source.bytes.count
    var machine = PickleMachine(cursor: PickleCursor(source: source, range: range), limits: limits)
    return try withExtendedLifetime(source) { try machine.run() }
  }
}
