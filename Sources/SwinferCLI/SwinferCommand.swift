import ArgumentParser

#if !CLI
#error("the command-line tool is part of the trait CLI, which is on unless it is switched off")
#endif

@main
struct SwinferCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swinfer",
        abstract: "Runs GGUF language models on this machine.",
        discussion: """
            Generated text goes to standard output; progress, timings and errors go to standard \
            error. Exit status: 0 done, 1 failed, 64 bad usage, 130 interrupted.
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, ChatCommand.self, BenchCommand.self, InspectCommand.self, Tokenize.self,
            Detokenize.self, LogitsCommand.self, EmbedCommand.self, Render.self, FitCommand.self,
            ExpertsCommand.self,
            PullCommand.self, QuantizeCommand.self, ImportanceCommand.self, PerplexityCommand.self,
            CompareCommand.self, SplitCommand.self, MergeCommand.self,
        ])
}
