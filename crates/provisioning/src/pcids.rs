//! The initial credentials that a supplier hands to a registration operator
//! (TR 33.812 B.2.2.1; docs/operator-change.md section 1): one line of CSV for
//! each device, `tre_id,imsi,k,opc,cert_sig,cert_enc`, keys in hex, certificates
//! in base64. K is in it, so it travels enciphered only. The columns are MILENAGE's.

use ::tre::TreId;
use aka::Imsi;
use data_encoding::{BASE64, HEXLOWER};
use secret::{Secret, SecretBytes};
use zeroize::Zeroizing;

use crate::ProvisioningError;
use crate::payload::{MilenageKeys, SubscriberKeys};
use crate::recipient::TreCertificates;

/// The first line.
const HEADER: &str = "tre_id,imsi,k,opc,cert_sig,cert_enc";
/// The most devices in one handover.
pub const MAX_ROWS: usize = 10_000;

/// A device with its initial credentials.
pub struct PcidRow {
    /// The device's TRE.
    pub tre_id: TreId,
    /// The PCID, in the format of an IMSI.
    pub imsi: Imsi,
    /// Its keys.
    pub keys: SubscriberKeys,
    /// The TRE's certificates.
    pub certificates: TreCertificates,
}

/// Writes rows.
///
/// # Errors
/// `unsupported` for keys of another algorithm than MILENAGE, or with an
/// operator's own r and c.
pub fn encode(rows: &[PcidRow]) -> Result<SecretBytes, ProvisioningError> {
    let mut text = Zeroizing::new(format!("{HEADER}\n"));
    for row in rows {
        let envelope = row.certificates.envelope.as_deref().unwrap_or_default();
        let SubscriberKeys::Milenage(MilenageKeys {
            k,
            opc,
            constants: None,
        }) = &row.keys
        else {
            return Err(ProvisioningError::Unsupported(
                "a handover of other keys than MILENAGE's",
            ));
        };
        let (k, opc) = (key_text(k), key_text(opc));
        let fields = [
            row.tre_id.as_str(),
            row.imsi.digits(),
            &k,
            &opc,
            &BASE64.encode(&row.certificates.signature),
            &BASE64.encode(envelope),
        ];
        text.push_str(&Zeroizing::new(fields.join(",")));
        text.push('\n');
    }
    Ok(SecretBytes::new(std::mem::take(&mut *text).into_bytes()))
}

/// Reads rows, all or none.
///
/// # Errors
/// [`ProvisioningError::Malformed`], which names no value.
pub fn decode(octets: &SecretBytes) -> Result<Vec<PcidRow>, ProvisioningError> {
    let wrong = || ProvisioningError::Malformed("a handover of initial credentials");
    let text = std::str::from_utf8(octets.expose()).map_err(|_| wrong())?;
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(wrong());
    }
    let mut rows = Vec::new();
    for line in lines {
        if rows.len() >= MAX_ROWS {
            return Err(wrong());
        }
        rows.push(row(line).ok_or_else(wrong)?);
    }
    Ok(rows)
}

fn row(line: &str) -> Option<PcidRow> {
    let fields: Vec<&str> = line.split(',').collect();
    let [tre_id, imsi, k, opc, signature, envelope] = fields.as_slice() else {
        return None;
    };
    let envelope = BASE64.decode(envelope.as_bytes()).ok()?;
    Some(PcidRow {
        tre_id: tre_id.parse().ok()?,
        imsi: imsi.parse().ok()?,
        keys: MilenageKeys {
            k: key_of(k)?,
            opc: key_of(opc)?,
            constants: None,
        }
        .into(),
        certificates: TreCertificates {
            signature: BASE64.decode(signature.as_bytes()).ok()?,
            envelope: (!envelope.is_empty()).then_some(envelope),
        },
    })
}

/// A key in lower-case hex.
pub(crate) fn key_text(key: &Secret<[u8; 16]>) -> Zeroizing<String> {
    Zeroizing::new(HEXLOWER.encode(key.expose()))
}

pub(crate) fn key_of(hex: &str) -> Option<Secret<[u8; 16]>> {
    let mut octets = Zeroizing::new([0; 16]);
    let decoded = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
    if decoded.len() != octets.len() {
        return None;
    }
    octets.copy_from_slice(&decoded);
    Some(Secret::new(*octets))
}

#[cfg(test)]
mod tests {
    use aka::{TuakKey, TuakLengths};

    use super::*;
    use crate::payload::TuakKeys;

    const LINE: &str = "urn:x-rehome:tre:acme:00000000000000000000000000000001,001010000000001,\
        000102030405060708090a0b0c0d0e0f,101112131415161718191a1b1c1d1e1f,AQ==,";

    fn read(text: &str) -> Result<Vec<PcidRow>, ProvisioningError> {
        decode(&SecretBytes::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let text = format!("{HEADER}\n{LINE}\n");
        let rows = read(&text).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].imsi.digits(), "001010000000001");
        assert_eq!(rows[0].keys.k()[15], 0x0f);
        assert_eq!(rows[0].certificates.signature, [1]);
        assert!(rows[0].certificates.envelope.is_none());
        assert_eq!(encode(&rows).unwrap().expose().as_slice(), text.as_bytes());
    }

    #[test]
    fn other_algorithms_are_unsupported() {
        let mut rows = read(&format!("{HEADER}\n{LINE}\n")).unwrap();
        let SubscriberKeys::Milenage(keys) = rows[0].keys.clone() else {
            panic!("MILENAGE is read");
        };
        let own = MilenageKeys {
            constants: Some(vec![0; 85]),
            ..keys
        };
        let tuak = TuakKeys {
            k: TuakKey::Short(Secret::new([1; 16])),
            topc: Secret::new([2; 32]),
            lengths: TuakLengths::LIKE_MILENAGE,
            iterations: std::num::NonZeroU8::MIN,
        };
        for keys in [own.into(), tuak.into()] {
            rows[0].keys = keys;
            let refused = encode(&rows).err().unwrap();
            assert_eq!(refused.reason().code(), "unsupported");
        }
    }

    #[test]
    fn anything_else_is_refused_whole() {
        let bad = [
            String::new(),
            LINE.to_owned(),
            format!("{HEADER},x\n{LINE}\n"),
            format!("{HEADER}\n{LINE},\n"),
            format!("{HEADER}\n{LINE}\n\n"),
            format!("{HEADER}\n{}\n", LINE.replace("0e0f", "0e0F")),
            format!("{HEADER}\n{}\n", LINE.replace("0e0f", "0e")),
            format!("{HEADER}\n{}\n", LINE.replace("AQ==", "AQ")),
            format!("{HEADER}\n{}\n", LINE.replace("acme", "ac")),
            format!("{HEADER}\n{}\n", LINE.replace("001010000000001", "00101x")),
        ];
        for text in bad {
            assert!(read(&text).is_err(), "{text}");
        }
    }
}
