/// What a model tells a metrics backend, by label.
///
/// Hand a `MetricsFactory` to ``Model/load(path:options:logger:metrics:progress:)``. Every metric has the
/// dimension `model`, the name of its file; counters only grow, gauges are told when they change.
public enum ModelMetric: String, Sendable, Equatable, CaseIterable {
    /// Counter: batches that went through the model.
    case batches = "swinfer_batches_total"
    /// Counter: prompt tokens that went through the model.
    case promptTokens = "swinfer_prompt_tokens_total"
    /// Counter: tokens that were generated.
    case generatedTokens = "swinfer_generated_tokens_total"
    /// Counter: tokens of all texts that generations went on from.
    case requestedTokens = "swinfer_requested_tokens_total"
    /// Counter: of the requested tokens, those that a cache held.
    case reusedTokens = "swinfer_reused_tokens_total"
    /// Counter: tokens that speculation tried.
    case draftedTokens = "swinfer_drafted_tokens_total"
    /// Counter: of the drafted tokens, those that were chosen.
    case acceptedTokens = "swinfer_accepted_tokens_total"
    /// Counter: generations that had to wait for memory after they had begun.
    case pauses = "swinfer_pauses_total"
    /// Counter: caches of idle sessions that were given up.
    case drops = "swinfer_cache_drops_total"
    /// Counter: full contexts that were shifted.
    case shifts = "swinfer_context_shifts_total"
    /// Counter: generations that ended, with the dimension `reason`: a ``FinishReason``, or `failed`.
    case generations = "swinfer_generations_total"

    /// Timer: from asking for a text to its first token, waiting included.
    case timeToFirstToken = "swinfer_time_to_first_token"
    /// Timer: from one token of a text to the next.
    case timePerToken = "swinfer_time_per_token"

    /// Gauge: generations in the batches.
    case running = "swinfer_running_generations"
    /// Gauge: generations that wait for memory (the queue's length).
    case queued = "swinfer_queued_generations"
    /// Gauge: open sessions.
    case sessions = "swinfer_open_sessions"
    /// Gauge: bytes of keys and values in use.
    case cacheBytes = "swinfer_cache_bytes"
    /// Gauge: bytes that these may take.
    case cacheLimit = "swinfer_cache_limit_bytes"
    /// Gauge: beginnings of texts that are kept to go on from.
    case storedPrefixes = "swinfer_stored_prefixes"
    /// Gauge: share of the requested tokens that a cache held, since loading; 0...1.
    case reuseRate = "swinfer_prefix_reuse_rate"

    /// Counter: experts that were needed and found in memory; where experts are streamed.
    case expertHits = "swinfer_expert_hits_total"
    /// Counter: experts that were needed and read from disk.
    case expertMisses = "swinfer_expert_misses_total"
    /// Counter: bytes of experts read from disk.
    case expertBytes = "swinfer_expert_read_bytes_total"
    /// Counter: microseconds that compute threads waited for the disk, on average over the threads.
    case expertStalls = "swinfer_expert_stall_microseconds_total"
    /// Gauge: share of needed experts that were found in memory, since loading; 0...1.
    case expertHitRate = "swinfer_expert_hit_rate"
}
