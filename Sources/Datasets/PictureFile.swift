import Basics
import CPictures
import NumPyFiles

/// Reading one picture: PNG, JPEG or `.npy`, recognised by its content and not by its name.
///
/// Values are the file's own, divided by 255 (8 bits) or 65535 (16 bits): no gamma, colour profile or orientation is
/// applied; an orientation is told (`Picture.orientation`). Grey files give one channel, all others (palettes too) red, green and blue. An alpha channel must be opaque
/// everywhere: what lies under a transparent pixel is not defined.
public enum PictureFile {
  /// Beyond these no memory is taken.
  public static let maximumSide = 65535
  public static let maximumPixels = 100_000_000

  /// Reads the picture at `path`; an array must be C×H×W, 1×C×H×W or H×W, floats in [0, 1] or uint8.
  ///
  /// - Throws: `InputError` naming the file when it is none of these, is damaged, too large or transparent.
  public static func read(_ path: String) throws -> Picture {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    switch FileKind(file.bytes) {
    case .png: return try decode(file, pictures_decode_png)
    case .jpeg: return try decode(file, pictures_decode_jpeg)
    case .numPyArray: return try array(NumPyArray(parsing: file.bytes, named: path))
    default:
      throw InputError(
        "not a picture that can be read", file: path, expected: "PNG, JPEG or .npy",
        found: FileKind.describe(file.bytes))
    }
  }

  /// What to tell once about pictures whose orientation is not 1; nil where there is none.
  public static func notice(orientations: [(name: String, orientation: Int)]) -> String? {
    let turned = orientations.filter { $0.orientation != 1 }
    guard !turned.isEmpty else { return nil }
    let named = turned.prefix(3).map { "\($0.name) (\($0.orientation))" }.joined(separator: ", ")
    return
      "\(turned.count) of the pictures \(turned.count == 1 ? "states" : "state") an EXIF orientation, which is not "
      + "applied (nor do Pillow and torchvision): " + named + (turned.count > 3 ? ", …" : "")
  }

  private typealias Decoder = (
    UnsafeRawPointer?, Int, pictures_limits, UnsafeMutablePointer<pictures_picture>?, UnsafeMutablePointer<CChar>?
  ) -> pictures_status

  private static func decode(_ file: MappedFile, _ decoder: Decoder) throws -> Picture {
    var picture = pictures_picture()
    var message = [CChar](repeating: 0, count: Int(PICTURES_MESSAGE_SIZE))
    let limits = pictures_limits(maximum_side: UInt32(maximumSide), maximum_pixels: UInt64(maximumPixels))
    let status = decoder(file.bytes.baseAddress, file.bytes.count, limits, &picture, &message)
    defer { pictures_free(&picture) }
    switch status {
    case PICTURES_OK:
      try MemoryBudget.require(
        Int(picture.channels) * Int(picture.height) * Int(picture.width) * 4, for: "the picture", file: file.path)
      var decoded = planes(of: picture)
      decoded.orientation = EXIFOrientation.read(file.bytes)
      return decoded
    case PICTURES_TOO_LARGE:
      throw InputError(
        "the picture is too large", file: file.path,
        expected: "sides up to \(maximumSide) and up to \(maximumPixels) pixels",
        found: "\(picture.width)×\(picture.height)")
    case PICTURES_NO_MEMORY: throw InputError("not enough memory for the picture", file: file.path)
    case PICTURES_TRANSPARENT: throw InputError("the picture has transparent pixels", file: file.path)
    default:
      let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw InputError("the picture is damaged or not supported: \(text)", file: file.path)
    }
  }

  /// From interleaved values to C×H×W floats.
  private static func planes(of picture: pictures_picture) -> Picture {
    let shape = ImageShape(
      channels: Int(picture.channels), height: Int(picture.height), width: Int(picture.width))
    let values = UnsafeRawBufferPointer(start: picture.values, count: shape.count * Int(picture.bits / 8))
    let area = shape.height * shape.width
    let pixels = [Float](unsafeUninitializedCapacity: shape.count) { output, count in
      for channel in 0..<shape.channels {
        for place in 0..<area {
          let index = place * shape.channels + channel
          output[channel * area + place] =
            picture.bits == 16
            ? Float(values.load(fromByteOffset: 2 * index, as: UInt16.self)) / 65535 : Float(values[index]) / 255
        }
      }
      count = shape.count
    }
    return Picture(shape: shape, pixels: pixels)
  }

  private static func array(_ array: NumPyArray) throws -> Picture {
    let sizes: [Int]
    switch array.shape.count {
    case 2: sizes = [1] + array.shape
    case 3: sizes = array.shape
    case 4 where array.shape[0] == 1: sizes = Array(array.shape[1...])
    default:
      throw InputError(
        "not one picture", file: array.source, expected: "[C, H, W], [1, C, H, W] or [H, W]", found: "\(array.shape)")
    }
    guard array.count > 0 else { throw InputError("an empty array", file: array.source, found: "\(array.shape)") }
    let shape = ImageShape(channels: sizes[0], height: sizes[1], width: sizes[2])
    if case .uint8(let bytes) = array.elements {
      return Picture(shape: shape, pixels: bytes.map { Float($0) / 255 })
    }
    return Picture(shape: shape, pixels: try ArrayImages.pixels(of: array))
  }
}
