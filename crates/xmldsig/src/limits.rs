//! Bounds on what is read before anything is authentic
//! (docs/operator-change.md section 3: depth up to 32).

/// Elements nested deeper are refused; the root has depth 1.
pub const MAX_DEPTH: usize = 32;

/// What a caller is ready to read. The default holds every document of the
/// operator change, whose largest part is an envelope of up to 64 KiB payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the document, in octets.
    pub octets: usize,
    /// Number of elements in it, those of the signature included.
    pub elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            octets: 256 * 1024,
            elements: 256,
        }
    }
}
