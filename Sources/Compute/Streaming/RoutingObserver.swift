/// Hears of every routing, on the first compute thread, while ops run.
package protocol RoutingObserver: AnyObject {
    /// - Parameters:
    ///   - layer: among the layers with experts.
    ///   - chosen: [token][choice]
    func routed(layer: Int, tokens: Int, chosen: Span<Int32>)
}

/// An observer as threads reach it.
struct ObserverReference: BitwiseCopyable {
    private let raw: UnsafeRawPointer

    /// A class of our own, since only such can be reached by pointer.
    final class Box {
        let observer: any RoutingObserver
        init(_ observer: any RoutingObserver) { self.observer = observer }
    }

    init(_ box: Box) { raw = UnsafeRawPointer(Unmanaged.passUnretained(box).toOpaque()) }

    func routed(layer: Int, tokens: Int, chosen: UnsafePointer<Int32>, count: Int) {
        Unmanaged<Box>.fromOpaque(raw).takeUnretainedValue().observer.routed(
            layer: layer, tokens: tokens, chosen: Span(_unsafeStart: chosen, count: count))
    }
}
