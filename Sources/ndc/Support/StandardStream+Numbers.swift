import Foundation
import NoisedDiffusionClassifiers

extension StandardStream {
  /// Gives the numbers of streams that are closed to nothing that can be written to: the next file that is opened would
  /// take one of them, and what is printed would go into it. Called before any file is opened.
  static func reserveNumbers() {
    for number in Int32(0)...2 where fcntl(number, F_GETFD) < 0 {
      // The lowest number that is free is this one.
      _ = open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY)
    }
  }
}
