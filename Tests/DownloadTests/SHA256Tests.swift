import Download
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-4's examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]) func knownDigests(text: String, digest: String) {
        var hash = SHA256()
        hash.update(Array(text.utf8).span)
        #expect(hash.finish() == digest)
    }

    /// Any cut gives the same, at every length around the block's.
    @Test func pieces() {
        for length in [1, 55, 56, 57, 63, 64, 65, 127, 128, 129, 1000] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
            var whole = SHA256()
            whole.update(bytes.span)
            for cut in [1, 3, 64, 100] {
                var pieces = SHA256()
                for start in stride(from: 0, to: length, by: cut) {
                    pieces.update(bytes.span.extracting(start..<min(length, start + cut)))
                }
                #expect(pieces.finish() == whole.finish(), "length \(length), pieces of \(cut)")
            }
        }
    }
}
