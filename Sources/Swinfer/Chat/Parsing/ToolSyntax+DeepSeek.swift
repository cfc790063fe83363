import ChatTemplate

extension BlockReader {
    /// DeepSeek V3 and R1: `function<｜tool▁sep｜>f`, then the arguments as a block of code; V3.1:
    /// `f<｜tool▁sep｜>{...}`. Around all calls there are tokens too, which R1 tends to leave out.
    mutating func deepSeekCalls() throws(BlockStop) {
        var isFirst = true
        let isSection = try optional("<｜tool▁calls▁begin｜>")
        while true {
            let end = position
            skipSpace()
            if !isFirst, isAtEnd { return }
            if !isFirst, isSection, try optional("<｜tool▁calls▁end｜>") { return }
            guard try optional("<｜tool▁call▁begin｜>") else {
                if isFirst { throw .malformed }
                return back(to: end)
            }
            isFirst = false
            skipSpace()
            var name = try name()
            try literal("<｜tool▁sep｜>")
            if name == "function", try peek() != UInt8(ascii: "{") {
                name = try self.name()
                skipSpace()
                try literal("```json")
                skipSpace()
                let call = try arguments(of: name)
                skipSpace()
                try literal("```")
                emit(call)
            } else {
                skipSpace()
                emit(try arguments(of: name))
            }
            skipSpace()
            _ = try optional("<｜tool▁call▁end｜>")
        }
    }

    private mutating func arguments(of name: String) throws(BlockStop) -> ToolCall {
        ToolCall(name: name, arguments: try jsonObject().json)
    }
}
