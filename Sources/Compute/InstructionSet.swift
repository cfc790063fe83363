import Kernels

/// The level of vector instructions that the kernels use on this machine.
public enum InstructionSet {
    /// "scalar", "avx2", "avx512" or "neon".
    public static var active: String { String(cString: sw_kernels_active().pointee.name) }
}
