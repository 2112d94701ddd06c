import Basics
import Datasets
import Testing

@Suite("Labels from the names of class folders")
struct ClassMappingTests {
  private static let digits = (0..<10).map(String.init)
  private static let synsets = ["n01440764", "n01443537", "n01484850"]
  private static let imageNet = [
    "tench, Tinca tinca", "goldfish, Carassius auratus", "great white shark, white shark", "crane", "crane, machine",
  ]

  /// The labels of folders by name, as a data set of one picture in each has them.
  private static func labels(_ folders: [String], known: [String]) throws -> (labels: [String: Int], ClassMapping) {
    try FixtureFolder.withTemporary { folder in
      for name in folders { try folder.copy("grey8.png", to: "\(name)/1.png") }
      let set = try DataSource.open(folder.url.path, resources: nil, knownClasses: known)
      let mapping = try #require(set.classMapping)
      var labels: [String: Int] = [:]
      for index in 0..<set.count {
        let name = try #require(set.pictureName(at: index)?.split(separator: "/").first)
        let label = try #require(try set.image(at: index).label)
        #expect(try set.label(at: index) == label)
        labels[String(name)] = label
      }
      #expect(labels == Dictionary(uniqueKeysWithValues: mapping.entries.map { ($0.folder, $0.label) }))
      #expect(set.maximumLabel == labels.values.max())
      #expect(set.classNames == mapping.classNames && (labels.values.max() ?? 0) < set.classCount)
      return (labels, mapping)
    }
  }

  @Test("folders of ImageNet's synsets have its names, in whichever order they are labelled")
  func synsetNames() throws {
    let (labels, mapping) = try Self.labels(["n02119789", "n01440764"], known: [])
    #expect(labels == ["n01440764": 0, "n02119789": 1] && mapping.basis == .order)
    #expect(mapping.classNames == ["n01440764 tench", "n02119789 kit fox"])
    #expect(mapping.areImageNet(for: []) && !mapping.areImageNet(for: ["tench"]))
    var names = (0..<1000).map { "class \($0)" }
    #expect(!mapping.areImageNet(for: names))
    (names[0], names[278]) = ("tench, Tinca tinca", "kit fox, Vulpes macrotis")
    #expect(mapping.areImageNet(for: names))
  }

  @Test("numbers are labels and not texts", arguments: [[], digits + ["10", "11"], CIFAR10.classNames])
  func numbers(known: [String]) throws {
    let (labels, mapping) = try Self.labels((0..<12).map(String.init), known: known)
    #expect(labels == Dictionary(uniqueKeysWithValues: (0..<12).map { ("\($0)", $0) }))
    #expect(mapping.basis == .numbers)
  }

  @Test(
    "some of the numbers keep their labels, also padded, also before or after a word",
    arguments: [["3", "12"], ["003", "012"], ["3-cat", "12-dog"], ["3_cat", "12"], ["class3", "class12"]])
  func someNumbers(folders: [String]) throws {
    let (labels, mapping) = try Self.labels(folders, known: [])
    #expect(labels == [folders[0]: 3, folders[1]: 12] && mapping.basis == .numbers)
  }

  @Test("numbers before words that count all classes from one are places")
  func fromOne() throws {
    let folders = (1...11).map { "\($0).bird\($0)" }
    #expect(try Self.labels(folders, known: []).labels["11.bird11"] == 10)
    // A model of more classes: then these are some of its labels.
    let known = (0..<20).map(String.init)
    #expect(try Self.labels(folders, known: known).labels["11.bird11"] == 11)
  }

  @Test(
    "folders called after some of the model's classes have its labels",
    arguments: [
      ["cat", "dog", "ship"], ["Cat", "DOG", "Ship"], ["3-cat", "5-dog", "8-ship"], ["0_cat", "1_dog", "2_ship"],
    ])
  func matched(folders: [String]) throws {
    let (labels, mapping) = try Self.labels(folders, known: CIFAR10.classNames)
    #expect(folders.map { labels[$0] } == [3, 5, 8])
    #expect(mapping.basis == .names && mapping.classNames == CIFAR10.classNames)
    #expect(mapping.description.contains("\(folders[1]) is 5"))
  }

  @Test("all ten classes of CIFAR-10, by what people call them")
  func cifar() throws {
    let folders = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    let (labels, _) = try Self.labels(folders, known: CIFAR10.classNames)
    #expect(folders.map { labels[$0] } == Array(0..<10))
  }

  @Test("a model's own folder names are found, numbers and all")
  func prefixedModel() throws {
    let known = CIFAR10.classNames.enumerated().map { "\($0)-\($1)" }
    #expect(try Self.labels(["7-horse", "9-truck"], known: known).labels == ["7-horse": 7, "9-truck": 9])
    #expect(try Self.labels(["horse", "truck"], known: known).labels == ["horse": 7, "truck": 9])
  }

  @Test("synsets and one of several names are found where the model has them")
  func imageNetNames() throws {
    #expect(
      try Self.labels(["n01484850", "n01440764"], known: Self.synsets).labels == ["n01440764": 0, "n01484850": 2])
    #expect(try Self.labels(["n01443537_goldfish"], known: Self.synsets).labels == ["n01443537_goldfish": 1])
    let named = zip(Self.synsets, Self.imageNet).map { "\($0) \($1)" }
    #expect(try Self.labels(["n01443537", "tench"], known: named).labels == ["n01443537": 1, "tench": 0])
    #expect(
      try Self.labels(["great_white_shark", "goldfish", "crane"], known: Self.imageNet).labels
        == ["great_white_shark": 2, "goldfish": 1, "crane": 3])
  }

  @Test("names that the model does not know are labelled in their order, and it says so")
  func order() throws {
    for known in [[], Self.digits, CIFAR10.classNames] {
      let (labels, mapping) = try Self.labels(["zebra", "Lion", "n01440764"], known: known)
      #expect(labels == ["Lion": 0, "n01440764": 1, "zebra": 2] && mapping.basis == .order)
      #expect(mapping.description == "class folders in the order of their names: Lion is 0, n01440764 is 1, zebra is 2")
    }
  }

  @Test(
    "names of which the model knows some, and two folders of one class, are refused by name",
    arguments: [
      (["cat", "dog", "unicorn"], CIFAR10.classNames, "unicorn"), (["0", "1", "other"], digits, "other"),
      (["horse", "7-horse"], CIFAR10.classNames, "7-horse and horse"), (["7", "07"], [], "7"),
    ])
  func refused(folders: [String], known: [String], named: String) throws {
    let error = try #require(throws: InputError.self) { try Self.labels(folders, known: known) }
    #expect(error.description.contains(named))
  }

  @Test("the digest binds labels that are not the places of the names")
  func digest() throws {
    try FixtureFolder.withTemporary { folder in
      for name in ["cat", "dog"] { try folder.copy("grey8.png", to: "\(name)/1.png") }
      let plain = try DataSource.open(folder.url.path, resources: nil).digest()
      let known = try DataSource.open(folder.url.path, resources: nil, knownClasses: CIFAR10.classNames).digest()
      #expect(plain != known)
      #expect(
        try DataSource.open(folder.url.path, resources: nil, knownClasses: ["cat", "dog", "ship"]).digest() == plain)
    }
  }
}
