/// What a file that is no GGUF looks like, so that the error helps.
enum FileKind {
    static func guess(_ bytes: RawSpan) -> String {
        let head = bytes.extracting(first: 64)
        let start = unsafe head.withUnsafeBytes { unsafe [UInt8]($0) }
        func begins(_ text: String) -> Bool { start.starts(with: text.utf8) }

        if begins("version https://git-lfs") { return "a Git LFS pointer (run 'git lfs pull')" }
        if begins("<") { return "a web page (a download that failed)" }
        if begins("PK") { return "a ZIP or PyTorch file (convert it with llama.cpp's convert_hf_to_gguf.py)" }
        if start.count > 9, start[8] == UInt8(ascii: "{") {
            return "a safetensors file (convert it with llama.cpp's convert_hf_to_gguf.py)"
        }
        if begins("lmgg") || begins("fmgg") || begins("tjgg") {
            return "a GGML file of before 2023-08 (get the model as GGUF)"
        }
        if start.allSatisfy({ $0 == 0 }) { return "zeros (a download that did not finish)" }
        let magic = start.prefix(4).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        return "a file that begins with the bytes " + magic.joined(separator: " ")
    }
}
