#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension GGUFError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpen(let path, let operation, let code):
            "\(path.quoted): cannot \(operation): \(systemMessage(code)); \(remedy(code))"
        case .notRegularFile(let path, let kind):
            "\(path.quoted): is a \(kind), not a file; give the path of a .gguf file"
        case .notGGUF(let path, let found):
            "\(path.quoted): offset 0: not a GGUF file but \(found.escapedForTerminal); give the path of a .gguf file"
        case .bigEndian(let path):
            """
            \(path.quoted): offset 4: written for big-endian machines; \
            convert it with gguf_convert_endian.py (gguf-py) or get the little-endian file
            """
        case .unsupportedVersion(let path, let version):
            """
            \(path.quoted): offset 4: GGUF version \(version), but 2 and 3 can be read; \
            \(version < 2 ? "convert the model again with a current llama.cpp" : "update swinfer")
            """
        case .truncated(let path, let item, let offset, let end, let fileBytes):
            """
            \(path.quoted): \(item.escapedForTerminal) at offset \(offset) would end at byte \(end), \
            past the file's \(fileBytes) bytes; the file is cut short or damaged: download or copy it again
            """
        case .limitExceeded(let path, let item, let offset, let what, let value, let limit):
            """
            \(path.quoted): \(item.escapedForTerminal) at offset \(offset): \(what) is \(value), \
            the limit is \(limit); the file is damaged or hostile: get it again from a source you trust
            """
        case .invalid(let path, let item, let offset, let reason):
            "\(path.quoted): \(item.escapedForTerminal) at offset \(offset): \(reason.escapedForTerminal)"
        case .duplicate(let path, let item, let offset):
            """
            \(path.quoted): \(item.escapedForTerminal) at offset \(offset) occurs a second time; \
            the file is damaged: download or convert it again
            """
        case .missingShard(let path, let missing, let count):
            """
            \(path.quoted): the model is split into \(count) files and \(missing.quoted) is missing; \
            put all of them into one folder, under their original names
            """
        case .inconsistentShards(let path, let reason):
            "\(path.quoted): \(reason.escapedForTerminal)"
        case .missingKey(let path, let key):
            "\(path.quoted): key \(key.quoted) is missing; convert the model again with a current llama.cpp"
        case .wrongType(let path, let key, let offset, let expected, let found):
            """
            \(path.quoted): key \(key.quoted)\(offset.map { " at offset \($0)" } ?? "") should be \(expected) but is \(found.escapedForTerminal); \
            convert the model again with a current llama.cpp
            """
        case .cannotWrite(let path, let item, let reason):
            "\(path.quoted): cannot write \(item.escapedForTerminal): \(reason.escapedForTerminal)"
        }
    }
}

/// The system's text for an `errno`.
func systemMessage(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}

private func remedy(_ code: Int32) -> String {
    switch code {
    case ENOENT, ENOTDIR: "check the path"
    case EACCES, EPERM: "check the file's permissions"
    case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
    case ENOMEM: "raise the limit of virtual memory (ulimit -v)"
    case EIO: "the disk reports errors: copy the file to another one"
    default: "check the path and the file system"
    }
}
