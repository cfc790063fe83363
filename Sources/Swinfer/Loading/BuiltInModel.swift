import Glibc

/// The small story model that comes with the package.
public enum BuiltInModel {
    private static let name = "swinfer_Swinfer.resources/Resources/stories.gguf"

    /// Where its file is.
    ///
    /// Looked for at SWINFER_BUILTIN_MODEL, beside the executable (or the library that holds
    /// this code), and in ../share/swinfer from there.
    public static func path() throws(SwinferError) -> String {
        var candidates: [String] = []
        if let variable = unsafe getenv("SWINFER_BUILTIN_MODEL") {
            candidates.append(unsafe String(cString: variable))
        } else {
            for folder in imageFolders() {
                candidates.append("\(folder)/\(name)")
                candidates.append("\(folder)/../share/swinfer/stories.gguf")
            }
        }
        for candidate in candidates where unsafe access(candidate, R_OK) == 0 { return candidate }
        throw .noBuiltInModel(searched: candidates)
    }

    /// Folders of the executable and of the image that this code was loaded from; they differ
    /// when a test runner or another program loads the library.
    private static func imageFolders() -> [String] {
        var images: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let length = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe readlink("/proc/self/exe", bytes.baseAddress!, bytes.count)
        }
        if length > 0 { images.append(String(decoding: buffer[..<length], as: UTF8.self)) }
        let address = unsafe UInt(
            bitPattern: unsafeBitCast(Marker.self as AnyClass, to: UnsafeRawPointer.self))
        if let image = image(at: address), !images.contains(image) { images.append(image) }
        return images.compactMap { image in
            image.lastIndex(of: "/").map { String(image[..<$0]) }
        }
    }

    /// Its metadata lies in the image that holds this code.
    private final class Marker {}

    /// The file mapped at an address, as /proc/self/maps tells.
    private static func image(at address: UInt) -> String? {
        guard let file = unsafe fopen("/proc/self/maps", "r") else { return nil }
        defer { unsafe fclose(file) }
        var line: UnsafeMutablePointer<CChar>? = nil
        var capacity = 0
        defer { unsafe free(line) }
        while unsafe getline(&line, &capacity, file) > 0 {
            guard let text = unsafe line.map({ unsafe String(cString: $0) }) else { break }
            let parts = text.split(maxSplits: 5, whereSeparator: { $0 == " " || $0 == "\n" })
            let ends = (parts.first ?? "").split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, parts.count == 6, address >= ends[0], address < ends[1] else { continue }
            return String(parts[5].drop(while: { $0 == " " }).prefix(while: { $0 != "\n" }))
        }
        return nil
    }
}
