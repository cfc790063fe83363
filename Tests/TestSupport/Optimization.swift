#if DEBUG
private let debug = true
#else
private let debug = false
#endif

/// Whether the optimizer has run: unoptimized code allocates what it removes.
package var isOptimized: Bool { !debug }
