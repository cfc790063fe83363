/// The moment a template learns from `strftime_now`.
public struct TemplateDate: Sendable, Equatable {
    public var year: Int
    /// 1 to 12.
    public var month: Int
    /// 1 to 31.
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int

    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Reads `2026-01-02`, `2026-01-02T03:04` or `2026-01-02T03:04:05` (also with a space for the
    /// `T`, and with a fraction of seconds or a zone, which are left out); nil for anything else.
    public init?(iso text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
                return nil
            }
            return bytes[range].reduce(0) { $0 * 10 + Int($1) - 48 }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), bytes[4] == 45,
            bytes[7] == 45, (1...12).contains(month), (1...TemplateDate.days(year, month)).contains(day)
        else { return nil }
        self.init(year: year, month: month, day: day)
        guard bytes.count > 10 else { return }
        guard bytes[10] == UInt8(ascii: "T") || bytes[10] == 32, let hour = number(11..<13), hour < 24,
            let minute = number(14..<16), minute < 60, bytes[13] == 58
        else { return nil }
        self.hour = hour
        self.minute = minute
        guard bytes.count > 16, bytes[16] == 58 else { return }
        guard let second = number(17..<19), second < 60 else { return nil }
        self.second = second
    }

    private static func days(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since the year began, from 1.
    private var dayOfYear: Int {
        guard month > 1 else { return day }
        var result = day
        for month in 1..<min(month, 13) { result += TemplateDate.days(year, month) }
        return result
    }

    /// 0 is Sunday.
    private var weekday: Int {
        let before = year - 1
        let days = before * 365 + before / 4 - before / 100 + before / 400 + dayOfYear
        return ((days % 7) + 7) % 7
    }

    private static let weekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November",
        "December",
    ]

    private static func padded(_ number: Int, _ width: Int = 2, with fill: String = "0") -> String {
        let text = String(number)
        return String(repeating: fill, count: max(0, width - text.utf8.count)) + text
    }

    /// C's `strftime` in the C locale, with glibc's `%-d` and `%_d`.
    func formatted(_ format: String) -> String {
        var result = ""
        var characters = format.unicodeScalars.makeIterator()
        while let scalar = characters.next() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var flag: Unicode.Scalar?
            var directive = characters.next()
            if directive == "-" || directive == "_" {
                flag = directive
                directive = characters.next()
            }
            guard let directive else {
                result += "%"
                break
            }
            if let text = field(directive, flag) {
                result += text
            } else {
                result += "%"
                if let flag { result.unicodeScalars.append(flag) }
                result.unicodeScalars.append(directive)
            }
        }
        return result
    }

    private func field(_ directive: Unicode.Scalar, _ flag: Unicode.Scalar?) -> String? {
        func number(_ value: Int, _ width: Int = 2, blank: Bool = false) -> String {
            if flag == "-" { return String(value) }
            return TemplateDate.padded(value, width, with: flag == "_" || blank ? " " : "0")
        }
        let hour12 = hour % 12 == 0 ? 12 : hour % 12
        let monthName = TemplateDate.months[min(max(month, 1), 12) - 1]
        let dayName = TemplateDate.weekdays[weekday]
        switch directive {
        case "Y": return String(year)
        case "C": return number(year / 100)
        case "y": return number(year % 100)
        case "m": return number(month)
        case "d": return number(day)
        case "e": return number(day, blank: true)
        case "H": return number(hour)
        case "k": return number(hour, blank: true)
        case "I": return number(hour12)
        case "l": return number(hour12, blank: true)
        case "M": return number(minute)
        case "S": return number(second)
        case "j": return number(dayOfYear, 3)
        case "f": return "000000"
        case "p": return hour < 12 ? "AM" : "PM"
        case "P": return hour < 12 ? "am" : "pm"
        case "A": return dayName
        case "a": return String(dayName.prefix(3))
        case "B": return monthName
        case "b", "h": return String(monthName.prefix(3))
        case "w": return String(weekday)
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "U": return number((dayOfYear + 6 - weekday) / 7)
        case "W": return number((dayOfYear + 6 - (weekday + 6) % 7) / 7)
        case "F": return formatted("%Y-%m-%d")
        case "T", "X": return formatted("%H:%M:%S")
        case "R": return formatted("%H:%M")
        case "r": return formatted("%I:%M:%S %p")
        case "D", "x": return formatted("%m/%d/%y")
        case "c": return formatted("%a %b %e %H:%M:%S %Y")
        case "n": return "\n"
        case "t": return "\t"
        case "Z", "z": return ""
        case "%": return "%"
        default: return nil
        }
    }
}
