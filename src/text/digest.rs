//! SHA-256 as lower-case hex, and lists of digests.

use sha2::{Digest, Sha256};

/// The digest of bytes, 64 hex digits.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Digests with the names of what they are of, a line each, in the format of `sha256sum`.
pub fn listing<D: AsRef<str>, N: AsRef<str>>(digests: impl IntoIterator<Item = (D, N)>) -> String {
    digests.into_iter().map(|(digest, name)| format!("{}  {}\n", digest.as_ref(), name.as_ref())).collect()
}
