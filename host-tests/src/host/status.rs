//! What a host function answers: proxy-wasm's `WasmResult`.

/// The result of a host call, with the numbers of the proxy-wasm ABI (`proxy_wasm_common.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// No such thing: a header, a property, a key, a foreign function.
    NotFound = 1,
    /// An argument that can't be meant; also any use of a header map that isn't there (any more).
    BadArgument = 2,
    /// The value has no form that can be handed to a guest.
    SerializationFailure = 3,
    /// Bytes that should be a message are none.
    ParseFailure = 4,
    /// A pointer or length outside the guest's memory.
    InvalidMemoryAccess = 6,
    /// A queue with nothing in it.
    Empty = 7,
    /// The shared value was changed by somebody else meanwhile.
    CasMismatch = 8,
    /// The host couldn't do it.
    InternalFailure = 10,
    /// The host has no such function.
    Unimplemented = 12,
}

impl Status {
    /// The number that goes over the ABI.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "the discriminants are the ABI's numbers")]
    pub const fn code(self) -> u32 {
        self as u32
    }
}
