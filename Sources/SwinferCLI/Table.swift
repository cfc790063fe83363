/// Lines of columns, each as wide as its widest cell.
package struct Table {
    package let lines: [String]

    /// - Parameters:
    ///   - rightAligned: columns of numbers
    ///   - indentation: spaces before each line
    package init(_ rows: [[String]], rightAligned: Set<Int> = [], indentation: Int = 0) {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        lines = rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                if rightAligned.contains(column) { return padding + cell }
                return column == row.count - 1 ? cell : cell + padding
            }
            return String(repeating: " ", count: indentation) + cells.joined(separator: "  ")
        }
    }
}
