import COpenBLAS
import Glibc

/// Single-precision matrix products of a BLAS library, for float weights where this engine has
/// no SIMD kernel of its own (or where SWINFER_BLAS asks for it).
///
/// The library is loaded when it is first wanted, not linked: OpenBLAS starts a thread per core
/// as soon as it is loaded, beside the engine's own, unless its environment variable says
/// otherwise at that moment. And any library with the C interface can take its place:
/// SWINFER_BLAS=0 turns it off, 1 on, and a path names another one.
@safe
struct BLAS: BitwiseCopyable, @unchecked Sendable {
    private typealias Product =
        @convention(c) (
            CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, Float,
            UnsafePointer<Float>?,
            blasint, UnsafePointer<Float>?, blasint, Float, UnsafeMutablePointer<Float>?, blasint
        ) -> Void
    private let product: Product

    /// The library that the environment asks for; nil where own kernels are to be used.
    ///
    /// - Parameter wanted: whether to use one when the environment says nothing.
    static func load(wanted: Bool) -> BLAS? {
        let setting = getenv("SWINFER_BLAS").map { String(cString: $0) } ?? (wanted ? "1" : "0")
        switch setting {
        case "0", "": return nil
        case "1": return BLAS(["libopenblas.so.0", "libopenblas.so", "libblas.so.3"])
        default: return BLAS([setting])
        }
    }

    private init?(_ names: [String]) {
        let variable = "OPENBLAS_NUM_THREADS"
        let before = getenv(variable).map { String(cString: $0) }
        setenv(variable, "1", 1)
        defer {
            if let before { setenv(variable, before, 1) } else { unsetenv(variable) }
        }
        for name in names {
            guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL),
                let symbol = dlsym(library, "cblas_sgemm")
            else { continue }
            product = unsafeBitCast(symbol, to: Product.self)
            return
        }
        return nil
    }

    /// y[c * stride + r] = sum over i of w[r][i] * x[c][i].
    ///
    /// - Parameters:
    ///   - w: [rows][length]
    ///   - x: [columns][length], row stride xStride
    @inline(__always)
    func multiply(
        w: UnsafePointer<Float>, rows: Int, length: Int, x: UnsafePointer<Float>, xStride: Int, columns: Int,
        y: UnsafeMutablePointer<Float>, stride: Int
    ) {
        product(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(columns), blasint(rows), blasint(length), 1, x,
            blasint(xStride), w, blasint(length), 0, y, blasint(stride))
    }
}
