//! A batch of {PCID, K} that a registration operator makes for a supplier
//! (TR 33.812 B.2.2.1: "either the TRE Supplier or the RO creates"; docs/pcids.md):
//! CSV, whose first line says for whom it is. K is in it, so it travels signed
//! and enciphered only.

use std::fmt;
use std::str::FromStr;

use aka::Imsi;
use clock::{Random, Timestamp};
use data_encoding::HEXLOWER;
use secret::SecretBytes;
use trust::{ShoId, SupplierName};
use zeroize::Zeroizing;

use super::PoolName;
use crate::ProvisioningError;
use crate::payload::MilenageKeys;
use crate::pcids::{MAX_ROWS, key_of, key_text};

/// The first field of the first line.
const FORMAT: &str = "rehome-pcids-1";
/// The second line.
const HEADER: &str = "imsi,k,opc";

/// Names a batch: 16 octets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub [u8; 16]);

impl BatchId {
    /// A new one.
    pub fn random(random: &mut dyn Random) -> Self {
        let mut octets = [0; 16];
        random.fill(&mut octets);
        Self(octets)
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BatchId({self})")
    }
}

impl FromStr for BatchId {
    type Err = ProvisioningError;

    fn from_str(text: &str) -> Result<Self, ProvisioningError> {
        let octets = HEXLOWER.decode(text.as_bytes()).ok();
        octets
            .and_then(|octets| octets.try_into().ok())
            .map(Self)
            .ok_or(ProvisioningError::Malformed("the name of a batch"))
    }
}

/// One PCID of a batch.
pub struct BatchRow {
    /// The number.
    pub imsi: Imsi,
    /// Its keys.
    pub keys: MilenageKeys,
}

/// A batch.
pub struct Batch {
    /// Its name: a supplier takes each batch once.
    pub id: BatchId,
    /// The registration operator that made it.
    pub from: ShoId,
    /// The supplier that it is for.
    pub supplier: SupplierName,
    /// When its PCIDs expire.
    pub expires: Timestamp,
    /// The group that shares its one PCID.
    pub group: Option<PoolName>,
    /// The PCIDs.
    pub rows: Vec<BatchRow>,
}

impl Batch {
    /// Writes the batch.
    #[must_use]
    pub fn encode(&self) -> SecretBytes {
        let group = self.group.as_ref().map_or("", PoolName::as_str);
        let mut text = Zeroizing::new(format!(
            "{FORMAT},{},{},{},{},{group}\n{HEADER}\n",
            self.id, self.from, self.supplier, self.expires
        ));
        for row in &self.rows {
            let (k, opc) = (key_text(&row.keys.k), key_text(&row.keys.opc));
            let line = [row.imsi.digits(), k.as_str(), opc.as_str()].join(",");
            text.push_str(&Zeroizing::new(line));
            text.push('\n');
        }
        SecretBytes::new(std::mem::take(&mut *text).into_bytes())
    }

    /// Reads a batch, all or nothing.
    ///
    /// # Errors
    /// [`ProvisioningError::Malformed`], which names no value.
    pub fn decode(octets: &SecretBytes) -> Result<Self, ProvisioningError> {
        let wrong = || ProvisioningError::Malformed("a batch of PCIDs");
        let text = std::str::from_utf8(octets.expose()).map_err(|_| wrong())?;
        let mut lines = text.lines();
        let mut batch = lines.next().and_then(head).ok_or_else(wrong)?;
        if lines.next() != Some(HEADER) {
            return Err(wrong());
        }
        for line in lines {
            let row = row(line).ok_or_else(wrong)?;
            if batch.rows.len() >= MAX_ROWS || !row.imsi.digits().starts_with(&batch.from.prefix())
            {
                return Err(wrong());
            }
            batch.rows.push(row);
        }
        if batch.rows.is_empty() || (batch.group.is_some() && batch.rows.len() > 1) {
            return Err(wrong());
        }
        Ok(batch)
    }

    /// Refuses a batch that is not for this supplier, not from this operator, or
    /// whose PCIDs have expired.
    ///
    /// # Errors
    /// `batch-of-another-sho`, `batch-for-another-supplier`, `pcid-not-valid`.
    pub fn check(
        &self,
        now: Timestamp,
        from: &ShoId,
        supplier: &SupplierName,
    ) -> Result<(), ProvisioningError> {
        crate::rules::refuse_unless(&[
            (self.from == *from, "batch-of-another-sho"),
            (self.supplier == *supplier, "batch-for-another-supplier"),
            (now < self.expires, "pcid-not-valid"),
        ])
    }
}

fn head(line: &str) -> Option<Batch> {
    let fields: Vec<&str> = line.split(',').collect();
    let [FORMAT, id, from, supplier, expires, group] = fields.as_slice() else {
        return None;
    };
    let group = match *group {
        "" => None,
        name => Some(name.parse().ok()?),
    };
    Some(Batch {
        id: id.parse().ok()?,
        from: from.parse().ok()?,
        supplier: supplier.parse().ok()?,
        expires: expires.parse().ok()?,
        group,
        rows: Vec::new(),
    })
}

fn row(line: &str) -> Option<BatchRow> {
    let fields: Vec<&str> = line.split(',').collect();
    let [imsi, k, opc] = fields.as_slice() else {
        return None;
    };
    Some(BatchRow {
        imsi: imsi.parse().ok()?,
        keys: MilenageKeys {
            k: key_of(k)?,
            opc: key_of(opc)?,
            constants: None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "rehome-pcids-1,000102030405060708090a0b0c0d0e0f,001-01,acme,2030-01-01T00:00:00Z,";
    const ROW: &str =
        "001010000000001,000102030405060708090a0b0c0d0e0f,101112131415161718191a1b1c1d1e1f";

    fn read(text: &str) -> Result<Batch, ProvisioningError> {
        Batch::decode(&SecretBytes::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn a_batch_comes_back_as_it_was() {
        for group in ["", "meters"] {
            let text = format!("{HEAD}{group}\n{HEADER}\n{ROW}\n");
            let batch = read(&text).unwrap();
            assert_eq!(batch.rows[0].imsi.digits(), "001010000000001");
            assert_eq!(batch.rows[0].keys.opc.expose()[0], 0x10);
            assert_eq!(batch.group.is_some(), !group.is_empty());
            assert_eq!(batch.encode().expose().as_slice(), text.as_bytes());
        }
    }

    #[test]
    fn anything_else_is_refused_whole() {
        let other = ROW.replace("001010000000001", "001010000000002");
        let bad = [
            String::new(),
            format!("{HEAD}\n{HEADER}\n"),
            format!("{HEAD}\n{ROW}\n"),
            format!("{HEAD}x\n{HEADER}\n{ROW}\n{other}\n"),
            format!("{HEAD},\n{HEADER}\n{ROW}\n"),
            format!("{HEAD}\n{HEADER}\n{ROW},\n"),
            format!("{HEAD}\n{HEADER}\n{}\n", ROW.replace("0e0f,", "0E0F,")),
            format!("{HEAD}\n{HEADER}\n{}\n", ROW.replace("00101", "00102")),
            format!("{}\n{HEADER}\n{ROW}\n", HEAD.replace("pcids-1", "pcids-2")),
            format!("{}\n{HEADER}\n{ROW}\n", HEAD.replace("acme", "ac")),
        ];
        for text in bad {
            assert!(read(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_batch_is_for_one_supplier_from_one_operator_until_it_expires() {
        let batch = read(&format!("{HEAD}\n{HEADER}\n{ROW}\n")).unwrap();
        let (before, after): (Timestamp, Timestamp) = (
            "2029-12-31T23:59:59Z".parse().unwrap(),
            "2030-01-01T00:00:00Z".parse().unwrap(),
        );
        let cases = [
            (before, "001-01", "acme", None),
            (before, "001-02", "acme", Some("batch-of-another-sho")),
            (
                before,
                "001-01",
                "acme2",
                Some("batch-for-another-supplier"),
            ),
            (after, "001-01", "acme", Some("pcid-not-valid")),
        ];
        for (now, from, supplier, code) in cases {
            let checked = batch.check(now, &from.parse().unwrap(), &supplier.parse().unwrap());
            let found = checked.err().map(|error| error.reason().code().to_owned());
            assert_eq!(found.as_deref(), code);
        }
    }
}
