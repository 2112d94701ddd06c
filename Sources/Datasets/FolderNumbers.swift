/// The numbers that class folders are called by.
enum FolderNumbers {
  /// Beyond this a number is a name: a synset, a date. Class names are made up to the largest label.
  static let largest = 999_999

  /// A label for every folder, or nil where not all of them hold a number that means one.
  ///
  /// - Parameter classCount: the model's, which tells a count from one (1 … K) from a part of 0 … K − 1.
  static func labels(_ folders: [String], classCount: Int?) -> [Int]? {
    guard !folders.isEmpty else { return nil }
    let plain = folders.map(number)
    if plain.allSatisfy({ $0 != nil }) { return plain.compactMap(\.self) }
    let numbers = folders.compactMap { (led($0) ?? tailed($0))?.number }
    guard numbers.count == folders.count, Set(folders.map(stem)).count == 1 || folders.allSatisfy({ led($0) != nil })
    else { return nil }
    // Such names are counted from one as often as from zero.
    let countsFromOne = numbers.sorted() == Array(1...folders.count) && folders.count == classCount ?? folders.count
    return countsFromOne && (classCount != nil || folders.count > 1) ? numbers.map { $0 - 1 } : numbers
  }

  /// `7-horse` is 7 and "horse"; a number alone has no rest.
  static func led(_ name: String) -> (number: Int, rest: Substring)? {
    let digits = name.prefix { $0.isASCII && $0.isNumber }
    guard let number = number(String(digits)) else { return nil }
    let rest = name.dropFirst(digits.count)
    guard rest.isEmpty || rest.first.map(isSeparator) == true else { return nil }
    return (number, rest.drop(while: isSeparator))
  }

  /// `class_7`: only words that mean a class make a number a label, not those of things (`n01440764`).
  private static func tailed(_ name: String) -> (number: Int, rest: Substring)? {
    let start = stem(name)
    let words = ["class", "classes", "cls", "label", "target", "category", "digit", "c", "y"]
    guard words.contains(start.lowercased()) else { return nil }
    let digits = name.dropFirst(start.count).drop(while: isSeparator)
    return number(String(digits)).map { ($0, start) }
  }

  private static func stem(_ name: String) -> Substring { name.prefix { $0.isLetter } }

  private static func isSeparator(_ character: Character) -> Bool { "-_. ".contains(character) }

  private static func number(_ text: String) -> Int? {
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text), number <= largest
    else { return nil }
    return number
  }
}
