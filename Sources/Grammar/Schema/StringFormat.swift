/// The formats of strings that are generated, as patterns. Some are narrower than their standards, so
/// that texts stay short; none is wider.
enum StringFormat {
    static let patterns: [String: String] = [
        "date": "^\(date)$",
        "time": "^\(time)$",
        "date-time": "^\(date)T\(time)$",
        "duration": "^P(\(count)W|\(days)(T\(clock))?|T\(clock))$",
        "uuid": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        "email": "^\(atom)(\\.\(atom)){0,2}@\(host)$",
        "hostname": "^\(host)$",
        "ipv4": "^\(ipv4)$",
        "ipv6": "^\(ipv6)$",
        "uri": "^[A-Za-z][A-Za-z0-9+.-]{0,15}:\(path){1,200}(\\?\(path){0,100})?(#\(path){0,50})?$",
    ]

    // RFC 3339, with the lengths of months and the leap years of the Gregorian calendar.
    private static let date =
        "(\\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8]))"
        + "|(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
    private static let time =
        "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)"

    private static let count = "\\d{1,6}"
    private static let clock = "(\(count)H(\(count)M(\(count)S)?)?|\(count)M(\(count)S)?|\(count)S)"
    private static let days = "(\(count)Y(\(count)M(\(count)D)?)?|\(count)M(\(count)D)?|\(count)D)"

    private static let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}"
    private static let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,20}[A-Za-z0-9])?"
    private static let host = "\(label)(\\.\(label)){0,3}"
    private static let byte = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
    private static let ipv4 = "\(byte)(\\.\(byte)){3}"
    private static let path = "([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})"

    /// RFC 4291 without embedded IPv4: eight groups, or fewer with one `::` in their place.
    private static let ipv6: String = {
        let group = "[0-9A-Fa-f]{1,4}"
        var forms = ["\(group)(:\(group)){7}"]
        for before in 0...7 {
            let after = 7 - before
            let left = before == 0 ? ":" : "(\(group):){\(before)}"
            let right = after == 0 ? "" : "(\(group)(:\(group)){0,\(after - 1)})?"
            forms.append("\(left):\(right)")
        }
        return "(\(forms.joined(separator: "|")))"
    }()

    static func automaton(_ name: String) throws(GrammarError) -> ScalarAutomaton {
        try RegexCompiler.automaton(patterns[name] ?? "^")
    }
}
