import Planner
import Testing

@Suite struct CatalogTests {
    static let line = "m llama 8.03 8.03 32 4096 32 8 128 14336 - - - - - 128256 131072"

    @Test func parametersMatchThePublishedTotals() throws {
        for model in try ModelCatalog.builtIn().models {
            let computed = Double(model.parameterCount) / 1e9
            #expect(
                abs(computed / model.billions - 1) < 0.02,
                "\(model.name): \(computed), published \(model.billions)")
        }
    }

    /// Publishers count active parameters differently (with or without embeddings), and round.
    @Test func activeParametersComeNear() throws {
        for model in try ModelCatalog.builtIn().models {
            let computed = Double(model.activeParameterCount) / 1e9
            #expect(
                abs(computed / model.activeBillions - 1) < 0.16,
                "\(model.name): \(computed), published \(model.activeBillions)")
        }
    }

    @Test func everyModelOfTheIssueIsThere() throws {
        let catalog = try ModelCatalog.builtIn()
        for name in [
            "gemma-3-4b", "gemma-3-12b", "gemma-3-27b", "Qwen3-14B", "qwen3-32b",
            "deepseek-r1-distill-qwen-32b",
            "llama-3.3-70b", "qwen3-next-80b-a3b", "llama-4-scout", "llama-4-maverick", "qwen3-235b-a22b",
            "deepseek-r1", "deepseek-v3.1", "glm-5",
        ] { #expect(catalog.model(named: name) != nil, "\(name)") }
        #expect(Set(catalog.models.map(\.architecture)) == Set(ModelShape.architectures))
        #expect(catalog.model(inRepository: "unsloth/glm-5-gguf")?.name == "glm-5")
        #expect(catalog.names(like: "qwen 30b") == ["qwen3-30b-a3b"])
    }

    @Test func readsEveryOption() throws {
        let text = """
            # a comment
            \(Self.line) tied window=4096/2 every=2 gguf=a/b config=c/d # and another
            n qwen3next 80 3 48 2048 16 2 256 512 512 10 512 512 - 151936 262144 linear=16/32/128/4/4
            """
        let models = try ModelCatalog(text: text, file: "x").models
        #expect(models.map(\.name) == ["m", "n"])
        #expect(models[0].tied && models[0].window == 4096 && models[0].windowPeriod == 2)
        #expect(
            models[0].expertPeriod == 2 && models[0].repository == "a/b" && models[0].configuration == "c/d")
        #expect(
            models[1].recurrent?.valueHeads == 32 && models[1].experts == 512 && models[1].expertsUsed == 10)
    }

    @Test(arguments: [
        ("m lama 1 1", 3, "architecture 'lama' is unknown"),
        ("m llama 8 x", 11, "'x' is no active parameters"),
        ("m llama 8 8 32", 15, "the line ends where 'width' is expected"),
        ("m llama 8 8 32 4096 32 8 128 1 8 9 5 - - 9 9", 34, "'9' is no experts used"),
        ("m llama 8 8 32 4096 32 8 128 1 8 - 5 - - 9 9", 34, "8 experts, but none is used"),
        (line + " windw=3/4", 66, "'windw' is unknown"),
        (line + " latent=1/2/3", 66, "expected R/P/K/V/Q"),
        (line + " gguf=nowhere", 66, "'nowhere' is no repository"),
        (line + "\n" + line, 1, "'m' is in line 2 already"),
    ]) func errorsNameThePlace(text: String, column: Int, reason: String) throws {
        let error = #expect(throws: DataFileError.self) { try ModelCatalog(text: "\n" + text, file: "list") }
        let lines = text.split(separator: "\n").count
        #expect(error?.line == lines + 1)
        #expect(error?.column == column)
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}
