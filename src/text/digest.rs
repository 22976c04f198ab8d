//! SHA-256 as lower-case hex.

use sha2::{Digest, Sha256};

/// The digest of bytes, 64 hex digits.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
