/// The 1000 classes of ImageNet's challenge, and the two orders in which they are counted.
///
/// Models count the sorted synsets from 0 (as torchvision's `ImageFolder` and OpenAI's and NVIDIA's programs do), the
/// development kit counts from 1 in an order of its own (`map_clsloc.txt`), and so do the downsampled data sets.
package enum ImageNet1k {
  static let count = 1000

  private static let classes: [(synset: String, kit: Int, name: String)] = list.split(separator: "\n").map { line in
    let fields = line.split(separator: " ", maxSplits: 2)
    guard fields.count == 3, let kit = Int(fields[1]) else { preconditionFailure("ImageNet's list: \(line)") }
    return (String(fields[0]), kit, String(fields[2]))
  }

  /// By the models' label: `n01440764 tench`, found by synset or by name.
  package static let classNames = classes.map { "\($0.synset) \($0.name)" }

  /// From the development kit's label, 1 … 1000, to the models'.
  static let labels = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1.kit, $0) })

  private static let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1.synset, $0) })

  /// The models' label of a synset; nil for one that is none of the 1000.
  package static func label(synset: some StringProtocol) -> Int? { places[String(synset)] }

  /// The plain name of a class, which models that name it share.
  static func name(_ label: Int) -> String { classes[label].name }

  static func synset(_ label: Int) -> String { classes[label].synset }

  /// A class folder's name with that of its synset; other names as they are.
  static func folderName(_ folder: String) -> String { label(synset: folder).map { classNames[$0] } ?? folder }
}
