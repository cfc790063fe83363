extension Run {
    /// Inputs of the router and of the first half of the experts, routed and shared.
    func collectInputs(_ operation: ExpertsOperation, _ input: Prepared, thread: Int) {
        if operation.routerSource == nil {
            collect(operation.router, input.floats, stride: input.stride, count: rows, thread: thread)
        }
        if let shared = operation.shared {
            collect(shared.pair.gate, input.floats, stride: input.stride, count: rows, thread: thread)
            collect(shared.pair.up, input.floats, stride: input.stride, count: rows, thread: thread)
            if let scale = shared.scale {
                collect(scale, input.floats, stride: input.stride, count: rows, thread: thread)
            }
        }
        forEachExpert(operation) { which, start, count in
            for weight in [operation.pair.gate, operation.pair.up] {
                collect(
                    weight, matrix: which, input.floats, stride: input.stride,
                    index: UnsafePointer(expert.slotRows + start), count: count, thread: thread)
            }
        }
    }

    /// Inputs of the second half.
    func collectHidden(_ operation: ExpertsOperation, thread: Int) {
        if let shared = operation.shared {
            collect(shared.down, hidden, stride: shared.down.columns, count: rows, thread: thread)
        }
        let width = operation.down.columns
        forEachExpert(operation) { which, start, count in
            collect(
                operation.down, matrix: which, expert.hidden + start * width, stride: width, count: count,
                thread: thread)
        }
    }

    /// Experts that were chosen: the first of their slots and how many they are.
    private func forEachExpert(_ operation: ExpertsOperation, _ body: (Int, Int, Int) -> Void) {
        for which in 0..<operation.count {
            let start = Int(expert.starts[which])
            let count = Int(expert.starts[which + 1]) - start
            if count > 0 { body(which, start, count) }
        }
    }
}
