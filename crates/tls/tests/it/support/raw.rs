//! Peers that use the library directly, with settings that this crate never
//! has: one version, old versions, foreign suites, no extended master secret.

use std::pin::Pin;

use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::HOST;
use super::certificates::Issued;

/// `SSL_OP_NO_EXTENDED_MASTER_SECRET`, which the crate doesn't name.
const NO_EXTENDED_MASTER_SECRET: u64 = 1;

/// A peer of the library's own making.
pub(crate) struct Raw(SslContextBuilder);

impl Raw {
    /// Trusts everybody, shows nothing, allows everything.
    pub(crate) fn new() -> Self {
        let mut builder = SslContext::builder(SslMethod::tls()).unwrap();
        builder.set_security_level(0);
        builder.set_verify(SslVerifyMode::NONE);
        Self(builder)
    }

    /// Takes servers with a certificate of this authority only, whatever their name.
    pub(crate) fn trusting(mut self, authority: &X509) -> Self {
        let store = self.0.cert_store_mut();
        store.add_cert(authority.clone()).unwrap();
        self.0.set_verify(SslVerifyMode::PEER);
        self
    }

    pub(crate) fn only(mut self, version: SslVersion) -> Self {
        self.0.set_min_proto_version(Some(version)).unwrap();
        self.0.set_max_proto_version(Some(version)).unwrap();
        self
    }

    pub(crate) fn between(mut self, oldest: SslVersion, newest: SslVersion) -> Self {
        self.0.set_min_proto_version(Some(oldest)).unwrap();
        self.0.set_max_proto_version(Some(newest)).unwrap();
        self
    }

    /// Shows a leaf and what is sent after it.
    pub(crate) fn showing(mut self, issued: &Issued, above: &[&X509]) -> Self {
        self.0.set_certificate(&issued.certificate).unwrap();
        self.0.set_private_key(&issued.key).unwrap();
        for certificate in above {
            self.0
                .add_extra_chain_cert(X509::clone(certificate))
                .unwrap();
        }
        self
    }

    pub(crate) fn suites(mut self, names: &str) -> Self {
        self.0.set_cipher_list(names).unwrap();
        self
    }

    pub(crate) fn suites_1_3(mut self, names: &str) -> Self {
        self.0.set_ciphersuites(names).unwrap();
        self
    }

    /// Names a key, right or wrong.
    pub(crate) fn psk(mut self, identity: &'static str, key: &[u8]) -> Self {
        let key = key.to_vec();
        self.0.set_psk_client_callback(move |_, _, name, to| {
            name[..identity.len()].copy_from_slice(identity.as_bytes());
            name[identity.len()] = 0;
            to[..key.len()].copy_from_slice(&key);
            Ok(key.len())
        });
        self
    }

    pub(crate) fn groups(mut self, names: &str) -> Self {
        self.0.set_groups_list(names).unwrap();
        self
    }

    pub(crate) fn signature_algorithms(mut self, names: &str) -> Self {
        self.0.set_sigalgs_list(names).unwrap();
        self
    }

    pub(crate) fn without_extended_master_secret(mut self) -> Self {
        self.0
            .set_options(SslOptions::from_bits_retain(NO_EXTENDED_MASTER_SECRET));
        self
    }

    /// The client's side; an error is the alert's or the library's words.
    pub(crate) async fn connect(self, tcp: TcpStream) -> Result<SslStream<TcpStream>, String> {
        let mut stream = self.start(tcp);
        match Pin::new(&mut stream).connect().await {
            Ok(()) => Ok(stream),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The server's side.
    pub(crate) async fn accept(self, tcp: TcpStream) -> Result<SslStream<TcpStream>, String> {
        let mut stream = self.start(tcp);
        match Pin::new(&mut stream).accept().await {
            Ok(()) => Ok(stream),
            Err(error) => Err(error.to_string()),
        }
    }

    fn start(self, tcp: TcpStream) -> SslStream<TcpStream> {
        let mut ssl = Ssl::new(&self.0.build()).unwrap();
        ssl.set_hostname(HOST).unwrap();
        SslStream::new(ssl, tcp).unwrap()
    }
}
