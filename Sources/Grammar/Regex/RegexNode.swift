/// A pattern as it is written.
indirect enum RegexNode: Sendable {
    case empty
    case set(ScalarSet)
    case sequence([RegexNode])
    case choice([RegexNode])
    case repeated(RegexNode, least: Int, most: Int?)
    /// `^`
    case start
    /// `$`
    case end
}
