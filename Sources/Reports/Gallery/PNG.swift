import Basics
import CZlib

/// Writes small pictures as PNG, 8 bits grey or colour.
package enum PNG {
  /// The file, or nil for pictures of neither one nor three channels.
  ///
  /// - Parameter pixels: C×H×W values in pixels; outside [0, 1] they are clipped, which a noisy image needs.
  package static func encode(_ pixels: [Float], shape: ImageShape) -> [UInt8]? {
    guard [1, 3].contains(shape.channels), pixels.count == shape.count, shape.count > 0 else { return nil }
    let plane = shape.height * shape.width
    var raw = [UInt8]()
    raw.reserveCapacity(shape.count + shape.height)
    for row in 0..<shape.height {
      raw.append(0)  // No filter.
      for column in 0..<shape.width {
        for channel in 0..<shape.channels {
          let value = pixels[channel * plane + row * shape.width + column]
          raw.append(UInt8(max(0, min(1, value.isNaN ? 0 : value)) * 255 + 0.5))
        }
      }
    }
    var size = compressBound(UInt(raw.count))
    var packed = [UInt8](repeating: 0, count: Int(size))
    guard compress2(&packed, &size, raw, UInt(raw.count), 9) == Z_OK else { return nil }
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let header =
      bigEndian(shape.width) + bigEndian(shape.height) + [8, shape.channels == 3 ? 2 : 0, 0, 0, 0] as [UInt8]
    file += chunk("IHDR", header)
    file += chunk("IDAT", Array(packed[..<Int(size)]))
    file += chunk("IEND", [])
    return file
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    let sum = crc32(0, body, UInt32(body.count))
    return bigEndian(content.count) + body + bigEndian(Int(sum))
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }
}
