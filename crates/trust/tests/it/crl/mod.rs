//! Revocation lists (RFC 5280 clause 5): ours, a second writer's and those of
//! Debian's `openssl ca`.

mod lists;
mod openssl_program;
