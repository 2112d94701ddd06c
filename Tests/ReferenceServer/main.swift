import Basics
import Foundation

// A server of the Open Inference Protocol for tests: honest or faulty as its options say. It listens on loopback alone
// and prints its port.

let options = try Options(Array(CommandLine.arguments.dropFirst()))
let answers = try Answers(options)
let protocolRooms = ProtocolRooms(answers)
let server = try HTTPServer(port: options.port) { protocolRooms.answer($0) }
FileHandle.standardOutput.write(Data("\(server.port)\n".utf8))
if let ready = options.ready { try "\(server.port)".write(toFile: ready, atomically: true, encoding: .utf8) }
server.run()
