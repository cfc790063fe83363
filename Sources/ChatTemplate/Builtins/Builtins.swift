/// The names that every template finds: jinja2's own and those that transformers adds.
enum Builtins {
    typealias Filter = @Sendable (Interpreter) -> (Value, Arguments) throws(TemplateError) -> Value
    typealias Function = @Sendable (Interpreter) -> (Arguments) throws(TemplateError) -> Value
    typealias Test = @Sendable (Interpreter) -> (Value, Arguments) throws(TemplateError) -> Bool

    static let filters: [String: Filter] = [
        "abs": Interpreter.filterAbs, "attr": Interpreter.filterAttr, "batch": Interpreter.filterBatch,
        "capitalize": Interpreter.filterCapitalize, "center": Interpreter.filterCenter,
        "count": Interpreter.filterLength, "d": Interpreter.filterDefault,
        "default": Interpreter.filterDefault,
        "dictsort": Interpreter.filterDictSort, "e": Interpreter.filterEscape,
        "escape": Interpreter.filterEscape,
        "filesizeformat": Interpreter.filterFileSize, "first": Interpreter.filterFirst,
        "float": Interpreter.filterFloat, "forceescape": Interpreter.filterForceEscape,
        "format": Interpreter.filterFormat, "groupby": Interpreter.filterGroupBy,
        "indent": Interpreter.filterIndent,
        "int": Interpreter.filterInt, "items": Interpreter.filterItems, "join": Interpreter.filterJoin,
        "last": Interpreter.filterLast, "length": Interpreter.filterLength, "list": Interpreter.filterList,
        "lower": Interpreter.filterLower, "map": Interpreter.filterMap, "max": Interpreter.filterMax,
        "min": Interpreter.filterMin, "pprint": Interpreter.filterPrettyPrint,
        "reject": Interpreter.filterReject,
        "rejectattr": Interpreter.filterRejectAttr, "replace": Interpreter.filterReplace,
        "reverse": Interpreter.filterReverse, "round": Interpreter.filterRound,
        "safe": Interpreter.filterSafe,
        "select": Interpreter.filterSelect, "selectattr": Interpreter.filterSelectAttr,
        "slice": Interpreter.filterSlice, "sort": Interpreter.filterSort, "string": Interpreter.filterString,
        "striptags": Interpreter.filterStripTags, "sum": Interpreter.filterSum,
        "title": Interpreter.filterTitle,
        "tojson": Interpreter.filterToJSON, "trim": Interpreter.filterTrim,
        "truncate": Interpreter.filterTruncate,
        "unique": Interpreter.filterUnique, "upper": Interpreter.filterUpper,
        "urlencode": Interpreter.filterURLEncode, "wordcount": Interpreter.filterWordCount,
        "xmlattr": Interpreter.filterXMLAttributes,
    ]

    static let tests: [String: Test] = [
        "boolean": Interpreter.testBoolean, "callable": Interpreter.testCallable,
        "defined": Interpreter.testDefined,
        "divisibleby": Interpreter.testDivisibleBy, "escaped": Interpreter.testEscaped,
        "even": Interpreter.testEven,
        "false": Interpreter.testFalse, "filter": Interpreter.testFilter, "float": Interpreter.testFloat,
        "in": Interpreter.testIn, "integer": Interpreter.testInteger, "iterable": Interpreter.testIterable,
        "lower": Interpreter.testLower, "mapping": Interpreter.testMapping, "none": Interpreter.testNone,
        "number": Interpreter.testNumber, "odd": Interpreter.testOdd, "sameas": Interpreter.testSameAs,
        "sequence": Interpreter.testSequence, "string": Interpreter.testString, "test": Interpreter.testTest,
        "true": Interpreter.testTrue, "undefined": Interpreter.testUndefined, "upper": Interpreter.testUpper,
        "==": Interpreter.testEqual, "eq": Interpreter.testEqual, "equalto": Interpreter.testEqual,
        "!=": Interpreter.testNotEqual, "ne": Interpreter.testNotEqual, ">": Interpreter.testGreater,
        "gt": Interpreter.testGreater, "greaterthan": Interpreter.testGreater,
        ">=": Interpreter.testGreaterEqual,
        "ge": Interpreter.testGreaterEqual, "<": Interpreter.testLess, "lt": Interpreter.testLess,
        "lessthan": Interpreter.testLess, "<=": Interpreter.testLessEqual, "le": Interpreter.testLessEqual,
    ]

    static let functions: [String: Function] = [
        "range": Interpreter.functionRange,
        "dict": Interpreter.functionDict,
        "namespace": Interpreter.functionNamespace,
        "cycler": Interpreter.functionCycler,
        "joiner": Interpreter.functionJoiner,
        "raise_exception": Interpreter.functionRaise,
        "strftime_now": Interpreter.functionTimeNow,
    ]

    static let stringMethods: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "format_map",
        "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower",
        "isnumeric",
        "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition",
        "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit",
        "rstrip",
        "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
    ]
    static let listMethods: Set<String> = ["copy", "count", "index"]
    static let tupleMethods: Set<String> = ["count", "index"]
    static let dictMethods: Set<String> = ["copy", "fromkeys", "get", "items", "keys", "values"]

    // The sandbox hides what would change a container.
    static let listMutators: Set<String> = [
        "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
    ]
    static let dictMutators: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]

    /// Attributes that every Python object has and that the sandbox hides. (A dict's *key* of
    /// another name with underscores can be read.)
    static let hiddenAttributes: Set<String> = [
        "__class__", "__delattr__", "__dir__", "__doc__", "__eq__", "__format__", "__ge__",
        "__getattribute__",
        "__getstate__", "__gt__", "__hash__", "__init__", "__init_subclass__", "__le__", "__lt__", "__ne__",
        "__new__", "__reduce__", "__reduce_ex__", "__repr__", "__setattr__", "__sizeof__", "__str__",
        "__subclasshook__",
    ]
}
