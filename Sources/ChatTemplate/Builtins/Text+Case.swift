// Python's case conversions and character classes of strings.
extension Text {
    private func mapped(_ transform: (Int, Unicode.Scalar, inout [Unicode.Scalar]) -> Void) -> Text {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(count)
        for (index, scalar) in scalars.enumerated() { transform(index, scalar, &result) }
        // One character for each keeps what is known about where it came from.
        if result.count == count { return Text(result, tainted: tainted, isMarkup: isMarkup) }
        return opaque(result).marked(isMarkup)
    }

    var uppercased: Text {
        mapped { _, scalar, result in scalar.appendUpper(to: &result) }
    }

    var lowercased: Text {
        mapped { index, scalar, result in appendLower(index, scalar, to: &result) }
    }

    /// Lower case of one character; a sigma that ends a word has a form of its own.
    private func appendLower(_ index: Int, _ scalar: Unicode.Scalar, to result: inout [Unicode.Scalar]) {
        if scalar == "\u{3A3}" {
            result.append(isFinalSigma(index) ? "\u{3C2}" : "\u{3C3}")
        } else {
            scalar.appendLower(to: &result)
        }
    }

    private func isFinalSigma(_ index: Int) -> Bool {
        var before = index - 1
        while before >= 0, scalars[before].properties.isCaseIgnorable { before -= 1 }
        guard before >= 0, scalars[before].properties.isCased else { return false }
        var after = index + 1
        while after < count, scalars[after].properties.isCaseIgnorable { after += 1 }
        return after == count || !scalars[after].properties.isCased
    }

    var capitalized: Text {
        mapped { index, scalar, result in
            if index == 0 { scalar.appendTitle(to: &result) } else { appendLower(index, scalar, to: &result) }
        }
    }

    /// `str.title`: a letter after anything without case becomes a capital.
    var titled: Text {
        var wasCased = false
        return mapped { index, scalar, result in
            if wasCased { appendLower(index, scalar, to: &result) } else { scalar.appendTitle(to: &result) }
            wasCased = scalar.isCasedLetter
        }
    }

    var caseSwapped: Text {
        mapped { index, scalar, result in
            if scalar.properties.isUppercase {
                appendLower(index, scalar, to: &result)
            } else if scalar.properties.isLowercase {
                scalar.appendUpper(to: &result)
            } else {
                result.append(scalar)
            }
        }
    }

    var caseFolded: Text {
        mapped { _, scalar, result in
            switch scalar {
            case "\u{1E9E}": result.append(contentsOf: ["s", "s"])
            case "\u{131}": result.append(scalar)
            default:
                // Folding is the lower case of the upper case, but for these two.
                var upper: [Unicode.Scalar] = []
                scalar.appendUpper(to: &upper)
                for part in upper { part.appendLower(to: &result) }
            }
        }
    }

    var isPythonLower: Bool {
        var hasCased = false
        for scalar in scalars {
            if scalar.properties.isUppercase || scalar.isTitlecase { return false }
            if scalar.properties.isLowercase { hasCased = true }
        }
        return hasCased
    }

    var isPythonUpper: Bool {
        var hasCased = false
        for scalar in scalars {
            if scalar.properties.isLowercase || scalar.isTitlecase { return false }
            if scalar.properties.isUppercase { hasCased = true }
        }
        return hasCased
    }

    var isPythonTitle: Bool {
        var hasCased = false
        var wasCased = false
        for scalar in scalars {
            if scalar.properties.isUppercase || scalar.isTitlecase {
                if wasCased { return false }
                wasCased = true
                hasCased = true
            } else if scalar.properties.isLowercase {
                if !wasCased { return false }
                hasCased = true
            } else {
                wasCased = false
            }
        }
        return hasCased
    }

    func all(_ test: (Unicode.Scalar) -> Bool) -> Bool {
        !isEmpty && scalars.allSatisfy(test)
    }
}

extension Unicode.Scalar {
    fileprivate func appendUpper(to result: inout [Unicode.Scalar]) {
        if isASCII {
            result.append(value >= 97 && value <= 122 ? Unicode.Scalar(UInt8(value - 32)) : self)
        } else {
            result.append(contentsOf: properties.uppercaseMapping.unicodeScalars)
        }
    }

    fileprivate func appendLower(to result: inout [Unicode.Scalar]) {
        if isASCII {
            result.append(value >= 65 && value <= 90 ? Unicode.Scalar(UInt8(value + 32)) : self)
        } else {
            result.append(contentsOf: properties.lowercaseMapping.unicodeScalars)
        }
    }

    fileprivate func appendTitle(to result: inout [Unicode.Scalar]) {
        if isASCII {
            appendUpper(to: &result)
        } else {
            result.append(contentsOf: properties.titlecaseMapping.unicodeScalars)
        }
    }

    fileprivate var isTitlecase: Bool {
        !isASCII && properties.generalCategory == .titlecaseLetter
    }

    fileprivate var isCasedLetter: Bool {
        properties.isUppercase || properties.isLowercase || isTitlecase
    }
}
