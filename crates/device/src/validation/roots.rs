//! DM servers under authorities that the device's owner names (`rehome device
//! manage`): judged as on the web by `tls::Roots`, and then by status. For that the
//! server's certificate has to be one that the crate `trust` reads: P-256 by SHA-256,
//! P-384 by SHA-384 or RSA from 3,072 bits on, names as DNS names or URIs.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use openssl::x509::X509;
use tls::http::Hosts;
use tls::{ClientConfig, Judging, PeerIdentity, PeerRole, PeerVerifier, Profile, Refusal, Roots};
use tokens::os;
use trust::Certificate;

use super::{Judge, Server, Time, Validation};
use crate::Error;

struct ManagementServer {
    roots: Roots,
    /// Those authorities that are read here.
    authorities: Vec<Certificate>,
    judge: Judge,
}

/// How servers under the authorities in `pem` are judged, by the system's clock: as
/// on the web, and by a policy if there is one. Responders are reached as `hosts`
/// says, or DNS.
///
/// # Errors
/// [`Error::Tls`] for authorities that can't be read.
pub fn management_tls(
    pem: &[u8],
    profile: Profile,
    validation: Option<Validation>,
    hosts: Hosts,
) -> Result<ClientConfig, Error> {
    let now = || i64::try_from(os::now().unix_seconds()).unwrap_or(i64::MAX);
    let roots = Roots::from_pem(pem, now)?;
    let Some(validation) = validation else {
        return Ok(ClientConfig::new(profile, None, Arc::new(roots))?);
    };
    let authorities = X509::stack_from_pem(pem).unwrap_or_default();
    let authorities = authorities.iter().filter_map(|one| one.to_der().ok());
    let server = ManagementServer {
        roots,
        authorities: authorities
            .filter_map(|der| Certificate::from_der(&der).ok())
            .collect(),
        judge: Judge {
            time: Time::System,
            validation: Some(validation),
            hosts,
            dns: true,
        },
    };
    Ok(ClientConfig::new(profile, None, Arc::new(server))?)
}

impl PeerVerifier for ManagementServer {
    fn verify(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        self.roots.verify(leaf, chain, role)
    }

    fn wants_staple(&self) -> bool {
        self.judge.wants_staple()
    }

    fn judge_status<'a>(
        &'a self,
        leaf: &'a [u8],
        chain: &'a [Vec<u8>],
        staple: Option<&'a [u8]>,
    ) -> Judging<'a> {
        Box::pin(async move {
            let leaf = Certificate::from_der(leaf).map_err(|error| outside(&error))?;
            let issuer = self.issuer(&leaf, chain)?;
            let chain = HEXLOWER.encode(&issuer.public_key().spki_sha256());
            let server = Server {
                chain: &chain,
                certificate: &leaf,
                issuer: &issuer,
            };
            self.judge.judge(server, staple).await
        })
    }
}

impl ManagementServer {
    /// The authority by whose name the leaf was issued: one that the owner named, or
    /// one between, whose own issuer was judged in the handshake. That its key signed
    /// the leaf is the policy's first look.
    fn issuer(&self, leaf: &Certificate, chain: &[Vec<u8>]) -> Result<Certificate, Refusal> {
        let issued = |authority: &&Certificate| authority.subject_der() == leaf.issuer_der();
        if let Some(authority) = self.authorities.iter().find(issued) {
            return Ok(authority.clone());
        }
        let between = chain.first().map(|der| Certificate::from_der(der));
        match between {
            Some(Ok(authority)) if issued(&&authority) => Ok(authority),
            Some(Err(error)) => Err(outside(&error)),
            _ => Err(outside(&"its issuer is not among the authorities")),
        }
    }
}

fn outside(why: &dyn ToString) -> Refusal {
    Refusal::new(
        "server-certificate-outside-profile",
        format!(
            "the status of this certificate can't be judged: {}",
            why.to_string()
        ),
    )
}
