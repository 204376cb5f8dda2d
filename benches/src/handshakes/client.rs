//! The client that comes to every server: blocking, a connection after the other
//! on each of a few threads, and strict about what it got.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use openssl::ssl::{
    Ssl, SslContext, SslMethod, SslOptions, SslSession, SslSessionCacheMode, SslStream,
    SslVerifyMode,
};

use super::{Case, Key};

/// Connections at one time; a server with one worker is never idle then.
const THREADS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(10);
pub(super) const IDENTITY: &str = "device-1";
pub(super) const PSK: [u8; 16] = *b"sixteen octets!!";

/// Where the newest session of a thread is kept.
type Kept = Arc<Mutex<Option<SslSession>>>;

pub(super) struct Client {
    case: Case,
    /// A context for each thread, with its sessions.
    threads: Vec<(SslContext, Kept)>,
}

impl Client {
    pub(super) fn new(case: &Case) -> Result<Self> {
        let threads = (0..THREADS).map(|_| context(case)).collect::<Result<_>>()?;
        Ok(Self {
            case: *case,
            threads,
        })
    }

    /// Makes so many handshakes of the case's kind. A client that is to resume
    /// and has nothing to resume comes once more.
    pub(super) fn come(&self, to: SocketAddr, handshakes: u32) -> Result<()> {
        let shares = self.threads.iter().zip(0..THREADS);
        thread::scope(|scope| {
            let mut running = Vec::new();
            for (own, number) in shares {
                let count = handshakes / THREADS + u32::from(number < handshakes % THREADS);
                running.push(scope.spawn(move || self.share(own, to, count)));
            }
            for thread in running {
                thread.join().map_err(|_| anyhow!("a client panicked"))??;
            }
            Ok(())
        })
    }

    fn share(&self, own: &(SslContext, Kept), to: SocketAddr, count: u32) -> Result<()> {
        let (context, kept) = own;
        if self.case.resumed && count > 0 && newest(kept).is_none() {
            self.shake(context, kept, to, false)?;
        }
        for _ in 0..count {
            self.shake(context, kept, to, self.case.resumed)?;
        }
        Ok(())
    }

    fn shake(&self, context: &SslContext, kept: &Kept, to: SocketAddr, resume: bool) -> Result<()> {
        let tcp = TcpStream::connect(to).context("no connection")?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        let mut ssl = Ssl::new(context)?;
        if resume {
            let session = newest(kept).context("the server gave no session to resume")?;
            offer(&mut ssl, &session)?;
        }
        let mut stream = SslStream::new(ssl, tcp)?;
        stream.connect().context("no handshake")?;
        // The other half of closing comes after all that the server had to say: its
        // tickets, too. Some servers close without close_notify.
        stream.shutdown().context("the client's goodbye")?;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        ensure!(rest.is_empty(), "the server talks first");
        let ssl = stream.ssl();
        let suite = ssl.current_cipher().map(|cipher| cipher.name());
        ensure!(
            suite == Some(self.case.suite) && ssl.version2() == Some(self.case.version),
            "negotiated {suite:?}, {:?}",
            ssl.version2()
        );
        ensure!(ssl.session_reused() == resume, "resumed: {}", !resume);
        Ok(())
    }
}

fn newest(kept: &Kept) -> Option<SslSession> {
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .map(ToOwned::to_owned)
}

/// The session was made by the very context that it is offered in.
#[expect(
    unsafe_code,
    reason = "the binding can't know where a session came from"
)]
fn offer(ssl: &mut Ssl, session: &SslSession) -> Result<()> {
    // SAFETY: the session comes from the callback of this connection's context.
    unsafe { ssl.set_session(session)? };
    Ok(())
}

fn context(case: &Case) -> Result<(SslContext, Kept)> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_security_level(0);
    context.set_min_proto_version(Some(case.version))?;
    context.set_max_proto_version(Some(case.version))?;
    if case.suite.starts_with("TLS_") {
        context.set_ciphersuites(case.suite)?;
    } else {
        context.set_cipher_list(case.suite)?;
    }
    // At 1.2 the curve of an ECDSA key has to be among the groups.
    context.set_groups_list(&format!("{}:P-256", case.group))?;
    context.set_verify(SslVerifyMode::NONE);
    // nginx closes without close_notify.
    context.set_options(SslOptions::IGNORE_UNEXPECTED_EOF);
    if case.key == Key::Psk {
        context.set_psk_client_callback(|_, _, identity, key| {
            let name = IDENTITY.as_bytes();
            if let (Some(to), Some(secret)) =
                (identity.get_mut(..name.len()), key.get_mut(..PSK.len()))
            {
                to.copy_from_slice(name);
                secret.copy_from_slice(&PSK);
                if let Some(end) = identity.get_mut(name.len()) {
                    *end = 0;
                }
                return Ok(PSK.len());
            }
            Ok(0)
        });
    }
    let kept = Kept::default();
    if case.resumed {
        let mode = SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL;
        context.set_session_cache_mode(mode);
        let keep = Arc::clone(&kept);
        context.set_new_session_callback(move |_, session| {
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
        });
    }
    Ok((context.build(), kept))
}
