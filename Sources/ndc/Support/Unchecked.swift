/// What was asked for could not be checked: nothing is said against it, nor for it. Exit status 69.
struct Unchecked: Error, CustomStringConvertible {
  var description: String
}
