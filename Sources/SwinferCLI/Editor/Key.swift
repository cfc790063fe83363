/// What a key, or a paste, asks an editor for.
package enum Key: Equatable, Sendable {
    case text(String)
    /// Pasted text, which may have several lines.
    case paste(String)
    case enter
    /// A line feed that does not send the text.
    case lineFeed
    case left, right, up, down, home, end, wordLeft, wordRight
    case backspace, delete
    case killToEnd, killToStart, killWord, yank
    case interrupt, endOfInput, clearScreen, suspend
}

/// Makes keys of the bytes that a terminal sends, one by one.
package struct KeyDecoder: Sendable {
    private enum State {
        case ground, escape
        /// After `ESC O`.
        case application
        /// After `ESC [`, with the parameters so far.
        case control([UInt8])
        /// A character of several bytes, and how many it has.
        case character([UInt8], Int)
        case paste([UInt8])
    }

    private var state = State.ground
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    package init() {}

    /// The key that is complete with this byte.
    package mutating func read(_ byte: UInt8) -> Key? {
        switch state {
        case .ground: return ground(byte)
        case .escape: return escape(byte)
        case .application:
            state = .ground
            return Self.final(byte, [])
        case .control(let parameters):
            if (0x40...0x7E).contains(byte) {
                state = parameters == Array("200".utf8) && byte == UInt8(ascii: "~") ? .paste([]) : .ground
                return Self.final(byte, parameters)
            }
            state = parameters.count < 32 ? .control(parameters + [byte]) : .ground
            return nil
        case .character(let bytes, let count):
            guard byte & 0xC0 == 0x80 else {
                state = .ground
                return ground(byte)
            }
            state = .character(bytes + [byte], count)
            guard bytes.count + 1 == count else { return nil }
            state = .ground
            return String(validating: bytes + [byte], as: UTF8.self).map { .text($0) }
        case .paste(var bytes):
            state = .ground
            bytes.append(byte)
            if bytes.count >= Self.pasteEnd.count, bytes.suffix(Self.pasteEnd.count) == Self.pasteEnd[...] {
                return .paste(Self.cleaned(bytes.dropLast(Self.pasteEnd.count)))
            }
            state = .paste(bytes)
            return nil
        }
    }

    private mutating func ground(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .interrupt
        case 0x04: return .endOfInput
        case 0x05: return .end
        case 0x06: return .right
        case 0x08, 0x7F: return .backspace
        case 0x09: return .text("\t")
        case 0x0A, 0x0D: return .enter
        case 0x0B: return .killToEnd
        case 0x0C: return .clearScreen
        case 0x0E: return .down
        case 0x10: return .up
        case 0x15: return .killToStart
        case 0x17: return .killWord
        case 0x19: return .yank
        case 0x1A: return .suspend
        case 0x1B:
            state = .escape
            return nil
        case 0x20...0x7E: return .text(String(Character(Unicode.Scalar(byte))))
        case 0xC2...0xDF: return begin(byte, 2)
        case 0xE0...0xEF: return begin(byte, 3)
        case 0xF0...0xF4: return begin(byte, 4)
        default: return nil
        }
    }

    private mutating func begin(_ byte: UInt8, _ count: Int) -> Key? {
        state = .character([byte], count)
        return nil
    }

    private mutating func escape(_ byte: UInt8) -> Key? {
        state = .ground
        switch byte {
        case UInt8(ascii: "["): state = .control([])
        case UInt8(ascii: "O"): state = .application
        case 0x1B: state = .escape
        case UInt8(ascii: "b"): return .wordLeft
        case UInt8(ascii: "f"): return .wordRight
        case 0x0A, 0x0D: return .lineFeed
        case 0x7F: return .killWord
        default: break
        }
        return nil
    }

    /// The key of a control sequence.
    private static func final(_ byte: UInt8, _ parameters: [UInt8]) -> Key? {
        let isModified = parameters.contains(UInt8(ascii: ";"))
        switch byte {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return isModified ? .wordRight : .right
        case UInt8(ascii: "D"): return isModified ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "~"):
            switch parameters.first {
            case UInt8(ascii: "1"), UInt8(ascii: "7"): return parameters.count == 1 ? .home : nil
            case UInt8(ascii: "4"), UInt8(ascii: "8"): return .end
            case UInt8(ascii: "3"): return .delete
            default: return nil
            }
        default: return nil
        }
    }

    /// Pasted bytes as text without control characters; a paste is never a command.
    private static func cleaned(_ bytes: ArraySlice<UInt8>) -> String {
        var text = ""
        var previous: Unicode.Scalar = " "
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\r": text += "\n"
            case "\n": if previous != "\r" { text += "\n" }
            case "\t": text += "\t"
            default:
                if scalar.properties.generalCategory != .control { text.unicodeScalars.append(scalar) }
            }
            previous = scalar
        }
        return text
    }
}
