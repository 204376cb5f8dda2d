//! The TRE supplier with its PVA (TR 33.812 B.2.2.1).

use std::collections::BTreeMap;

use clock::Timestamp;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use provisioning::recipient::PvaAnswer;
use sim::net::SimRandom;
use tre::{Backend, CertTre, KeyUse, TreId, certificate_request};
use trust::issue::{CertificateRequest, SoftwareIssuer, Validity, issue_pva_anchor, issue_tre};
use trust::{PvaAnchor, TreUse};

pub struct Supplier {
    pub name: String,
    pub issuer: SoftwareIssuer,
    pub pva: PvaAnchor,
    pub status: BTreeMap<String, PvaAnswer>,
    pub limits: CertTre,
}

pub fn issuer() -> SoftwareIssuer {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    SoftwareIssuer::new(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()).unwrap()
}

pub fn validity(now: Timestamp) -> Validity {
    let year = std::time::Duration::from_secs(365 * 86_400);
    Validity::new(
        now.minus(std::time::Duration::from_secs(3600)),
        now.plus(year * 10),
    )
    .unwrap()
}

impl Supplier {
    pub fn new(name: &str, now: Timestamp, random: &mut SimRandom) -> Self {
        let issuer = issuer();
        let pva = issue_pva_anchor(&issuer, &name.parse().unwrap(), validity(now), random).unwrap();
        let limits = CertTre {
            suites: vec![1, 2],
            min_suite: 1,
            algorithms: vec![1],
            slots: 4,
            t_attach_min: 1,
            t_ack_min: 1,
        };
        Self {
            name: name.to_owned(),
            issuer,
            pva,
            status: BTreeMap::new(),
            limits,
        }
    }

    pub fn certify(
        &self,
        backend: &mut dyn Backend,
        tre_id: &TreId,
        key_use: KeyUse,
        now: Timestamp,
        random: &mut SimRandom,
    ) -> Vec<u8> {
        let request = certificate_request(backend, key_use, tre_id, &self.limits).unwrap();
        let request = CertificateRequest::from_der(&request).unwrap();
        let granted = match key_use {
            KeyUse::Signature => TreUse::Signature,
            KeyUse::Envelope => TreUse::Encipherment,
            KeyUse::Both => TreUse::Both,
        };
        let certificate =
            issue_tre(&self.issuer, &self.pva, &request, granted, now, random).unwrap();
        certificate.der().to_vec()
    }

    /// Step 6, asked online.
    pub fn answer(&self, tre_id: &TreId) -> PvaAnswer {
        self.status
            .get(tre_id.as_str())
            .copied()
            .unwrap_or(PvaAnswer::Unknown)
    }
}
