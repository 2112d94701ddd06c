import Foundation
import NumPyFiles

/// Folders of 8×8 pictures, one in each of as many class folders as wanted, for the tiny network and the exact denoiser.
struct PictureFolder {
  var url: URL

  /// Writes the picture numbered `number` as `name`, making the folders on the way; a shade makes it another one.
  func write(_ name: String, number: Int, shade: Float = 0.9) throws {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    let pixels = (0..<64).map { place in
      place / 8 == number % 8 ? shade : Float((place * 7 + number * 13) % 32) / 64
    }
    try NumPyArray(shape: [1, 8, 8], pixels).write(to: file.path)
  }

  /// Leaves a file that ends too early.
  func damage(_ name: String) throws {
    let file = url.appendingPathComponent(name)
    try Data(contentsOf: file).dropLast(100).write(to: file)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(at: url.appendingPathComponent(name)) }

  /// `0/0.npy` … `11/11.npy`: a picture for each of twelve classes, whose names sort otherwise as texts.
  static func twelve(_ url: URL) throws -> PictureFolder {
    let folder = PictureFolder(url: url)
    for number in 0..<12 { try folder.write("\(number)/\(number).npy", number: number) }
    return folder
  }
}
