/// What a line beginning with `/` asks for.
package enum ChatDirective: Equatable, Sendable {
    case help, clear, regenerate, statistics, exit
    case save(String)
    case load(String)
    case file(String)
    /// nil: show it.
    case system(String?)
    /// What a call gave.
    case result(String)
    /// None of these, and why.
    case unknown(String)
    /// A message after all; `//` stands for a `/` that begins one.
    case message(String)

    package init(_ line: String) {
        guard line.hasPrefix("/") else {
            self = .message(line)
            return
        }
        if line.hasPrefix("//") {
            self = .message(String(line.dropFirst()))
            return
        }
        let name = line.prefix { !$0.isWhitespace }
        let rest = line.dropFirst(name.count).drop(while: \.isWhitespace)
        let argument = String(rest)
        func needed(_ make: (String) -> ChatDirective, _ what: String) -> ChatDirective {
            argument.isEmpty ? .unknown("\(name) needs \(what)") : make(argument)
        }
        switch name {
        case "/help", "/?": self = .help
        case "/clear": self = .clear
        case "/regen": self = .regenerate
        case "/stats": self = .statistics
        case "/exit", "/quit", "/bye": self = .exit
        case "/save": self = needed(ChatDirective.save, "a file name")
        case "/load": self = needed(ChatDirective.load, "a file name")
        case "/file": self = needed(ChatDirective.file, "a file name")
        case "/system": self = .system(argument.isEmpty ? nil : argument)
        case "/result": self = .result(argument)
        default: self = .unknown("\(name) is unknown; /help tells what there is")
        }
    }

    static let helpText = """
        /help            this text
        /clear           forget the conversation, but not the system message
        /regen           answer the last message anew
        /system [TEXT]   set the system message, or show it
        /file PATH       put a file's text before the next message
        /save FILE       write the conversation as JSON
        /load FILE       go on with a conversation that was saved
        /result TEXT     what a call of the model gave; it goes on when all have one
        /stats           tokens and speed of the last answer, and of all
        /exit            end (also Ctrl-D)
        //TEXT           a message that begins with /
        A line that ends in \\ goes on in the next one; lines of \"\"\" surround several lines.
        Ctrl-C stops an answer; a second one ends.
        """
}
