/// The orientation that a camera wrote beside the pixels: EXIF's tag 0x0112 in a JPEG's APP1 segment or a PNG's eXIf
/// chunk.
///
/// Viewers turn such pictures; readers of training data (Pillow, torchvision) do not, and nothing is turned here.
enum EXIFOrientation {
  /// 1 to 8; 1 where the file states none, or none that can be read.
  static func read(_ file: UnsafeRawBufferPointer) -> Int {
    let bytes = Bytes(bytes: file)
    let block = file.first == 0xFF ? jpegBlock(bytes) : pngBlock(bytes)
    return block.flatMap(orientation) ?? 1
  }

  /// Bytes that are only ever read within their bounds.
  private struct Bytes {
    var bytes: UnsafeRawBufferPointer
    var isBigEndian = true

    func number(_ offset: Int, size: Int) -> Int? {
      guard offset >= 0, size <= bytes.count, offset <= bytes.count - size else { return nil }
      let part = bytes[offset..<offset + size]
      return isBigEndian ? part.reduce(0) { $0 << 8 | Int($1) } : part.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    func part(_ offset: Int, _ count: Int) -> Bytes? {
      guard offset >= 0, count >= 0, count <= bytes.count, offset <= bytes.count - count else { return nil }
      return Bytes(bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    }
  }

  private static func jpegBlock(_ file: Bytes) -> Bytes? {
    var offset = 2
    while file.number(offset, size: 1) == 0xFF, let marker = file.number(offset + 1, size: 1) {
      switch marker {
      // Padding before a marker.
      case 0xFF: offset += 1
      // Markers without content.
      case 0x01, 0xD0...0xD8: offset += 2
      // The compressed pixels, or the end.
      case 0xD9, 0xDA: return nil
      default:
        guard let length = file.number(offset + 2, size: 2), length >= 2 else { return nil }
        if marker == 0xE1, let content = file.part(offset + 4, length - 2),
          content.bytes.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0])
        {
          return content.part(6, content.bytes.count - 6)
        }
        offset += 2 + length
      }
    }
    return nil
  }

  private static func pngBlock(_ file: Bytes) -> Bytes? {
    var offset = 8
    while let length = file.number(offset, size: 4), let type = file.number(offset + 4, size: 4) {
      if type == 0x6558_4966 { return file.part(offset + 8, length) }
      offset += 12 + length
    }
    return nil
  }

  /// Of a TIFF structure.
  private static func orientation(_ block: Bytes) -> Int? {
    var tiff = block
    switch tiff.number(0, size: 2) {
    case 0x4949: tiff.isBigEndian = false
    case 0x4D4D: break
    default: return nil
    }
    guard tiff.number(2, size: 2) == 42, let directory = tiff.number(4, size: 4),
      let count = tiff.number(directory, size: 2)
    else { return nil }
    for entry in 0..<count {
      let place = directory + 2 + 12 * entry
      guard let tag = tiff.number(place, size: 2) else { return nil }
      // One 16-bit number.
      if tag == 0x0112, tiff.number(place + 2, size: 2) == 3 {
        return tiff.number(place + 8, size: 2).flatMap { (1...8).contains($0) ? $0 : nil }
      }
    }
    return nil
  }
}
