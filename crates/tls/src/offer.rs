//! What a client offered, kept so that a refusal can name it (RFC 5246 clause
//! 7.4.1.2, RFC 8446 clause 4.1.2).

use std::sync::LazyLock;

use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{ClientHelloResponse, Ssl, SslAlert, SslRef, SslVersion};

/// At most so many suites are kept and named; real clients offer fewer than 40.
const MAX_SUITES: usize = 40;

/// A ClientHello's legacy_version and its suites, two octets each.
pub(crate) struct Offer {
    version: Option<SslVersion>,
    suites: Vec<u8>,
}

/// Where a connection keeps its offer; one slot for the whole process.
static SLOT: LazyLock<Option<Index<Ssl, Offer>>> = LazyLock::new(|| Ssl::new_ex_index().ok());

/// The ClientHello callback: remembers and goes on.
pub(crate) fn remember(
    ssl: &mut SslRef,
    _alert: &mut SslAlert,
) -> Result<ClientHelloResponse, ErrorStack> {
    let suites = ssl.client_hello_ciphers().unwrap_or_default();
    let offer = Offer {
        version: ssl.client_hello_legacy_version(),
        suites: suites.iter().copied().take(2 * MAX_SUITES).collect(),
    };
    if let Some(slot) = *SLOT {
        ssl.set_ex_data(slot, offer);
    }
    Ok(ClientHelloResponse::SUCCESS)
}

/// The highest version that the client named, in words.
pub(crate) fn version(ssl: &SslRef) -> String {
    match offered(ssl).and_then(|offer| offer.version) {
        // With supported_versions the legacy field is fixed at TLS 1.2.
        Some(SslVersion::TLS1_2) | None => "neither TLS 1.2 nor TLS 1.3".to_owned(),
        Some(SslVersion::TLS1_1) => "TLS 1.1".to_owned(),
        Some(SslVersion::TLS1) => "TLS 1.0".to_owned(),
        Some(SslVersion::SSL3) => "SSL 3.0".to_owned(),
        Some(_) => "a version that is not TLS".to_owned(),
    }
}

/// The client's suites by their registered names, or by number.
pub(crate) fn suites(ssl: &SslRef) -> String {
    let Some(offer) = offered(ssl) else {
        return "nothing readable".to_owned();
    };
    let names: Vec<String> = offer
        .suites
        .chunks_exact(2)
        .filter_map(|code| suite(ssl, code))
        .collect();
    names.join(", ")
}

fn offered(ssl: &SslRef) -> Option<&Offer> {
    SLOT.and_then(|slot| ssl.ex_data(slot))
}

/// `None` for signalling values, which are no suites.
fn suite(ssl: &SslRef, code: &[u8]) -> Option<String> {
    let number = code
        .iter()
        .fold(0, |sum, octet| sum << 8 | u16::from(*octet));
    if matches!(number, 0x00ff | 0x5600) {
        return None;
    }
    let known = ssl.bytes_to_cipher_list(code, false).ok();
    let name = known
        .as_ref()
        .and_then(|lists| lists.suites.iter().next())
        .and_then(|cipher| cipher.standard_name());
    Some(name.map_or_else(|| format!("0x{number:04x}"), str::to_owned))
}
