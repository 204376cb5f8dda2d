//! Sessions that are resumed (RFC 8446 clauses 2.2 and 4.6.1; RFC 5246 clause 7.3
//! and RFC 5077 for TLS 1.2 and older). What a session carries over is a key and
//! the certificates that were shown with it, never our judgement of them: that is
//! made anew each time.
//!
//! A client keeps sessions beside its context, by the server's name and address.
//! It takes one out to use it, judges the certificates, and offers it only if they
//! still pass; otherwise the handshake is a full one, where the server may have a
//! newer certificate. What a server gives is kept once the server has sent
//! application data, since one that refuses us late closes without any. The library
//! gives up a session of TLS 1.2 or older whose connection was dropped without a
//! close_notify.
//!
//! A server that judges no clients gives out stateless tickets, sealed with a key
//! that the library draws for each context and that dies with it. One that judges
//! clients keeps the sessions in memory: a ticket would carry the leaf without the
//! chain. Those go no further than two hours from the full handshake, because a
//! resumed connection gets no new ones. Sessions of pre-shared keys are not resumed
//! on either side: with such a key a handshake is as cheap, and proves the identity.
//! There is no early data.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::rand::rand_bytes;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslOptions, SslRef, SslSession, SslSessionCacheMode,
    SslVersion,
};
use openssl::x509::X509Ref;
use tokio::time::Instant;

use crate::Error;

/// From the last full handshake; also the library's lifetime of a session on a
/// server (`tls1_default_timeout`).
const MAX_AGE: Duration = Duration::from_secs(2 * 60 * 60);
/// Sessions that one client configuration keeps, and those towards one server.
const MAX_KEPT: usize = 256;
const MAX_FOR_ONE: usize = 4;
/// Sessions that a server which judges its clients keeps.
const MAX_SERVED: i32 = 4096;
/// Certificates above a leaf that are handed to the verifier.
const MAX_ABOVE: usize = 4;

/// Tickets for a server's clients: sealed ones, or, where `judges` them, names of
/// sessions that stay here.
pub(crate) fn install_server(context: &mut SslContextBuilder, judges: bool) -> Result<(), Error> {
    let mut id = [0; 32];
    rand_bytes(&mut id)?;
    // Sessions of another configuration never count here.
    context.set_session_id_context(&id)?;
    context.set_num_tickets(2)?;
    context.set_max_early_data(0)?;
    if judges {
        context.set_session_cache_mode(SslSessionCacheMode::SERVER);
        context.set_session_cache_size(MAX_SERVED);
        // Called after the library has decided whether to resume, before it
        // gives tickets; also where no name was sent.
        context.set_servername_callback(|ssl, _alert| {
            if ssl.session_reused() {
                // It fails for no number, and nothing depends on this one.
                let _ = ssl.set_num_tickets(0);
            }
            Ok(())
        });
    } else {
        context.clear_options(SslOptions::NO_TICKET);
    }
    Ok(())
}

/// Lets a client's connections hear of their sessions.
pub(crate) fn install_client(context: &mut SslContextBuilder) {
    context.clear_options(SslOptions::NO_TICKET);
    context.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
    context.set_new_session_callback(|ssl, session| {
        // An older version's is taken when the handshake is over.
        if ssl.version2() == Some(SslVersion::TLS1_3)
            && let Some(keeper) = SLOT.and_then(|slot| ssl.ex_data(slot))
            && keeper.sessions.is_of_context(ssl)
        {
            keeper.came(session);
        }
    });
}

/// Where a connection's [`Keeper`] is found; one slot for the whole process.
static SLOT: LazyLock<Option<Index<Ssl, Arc<Keeper>>>> = LazyLock::new(|| Ssl::new_ex_index().ok());

/// Whom a session is with.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    name: String,
    remote: SocketAddr,
}

/// What the full handshake behind a session showed, and when.
#[derive(Clone)]
pub(crate) struct Proof {
    pub(crate) leaf: Vec<u8>,
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) since: Instant,
}

struct Kept {
    place: Place,
    proof: Proof,
    session: SslSession,
}

/// A session taken out to be used once.
pub(crate) struct Taken(Kept);

impl Taken {
    pub(crate) fn proof(&self) -> &Proof {
        &self.0.proof
    }
}

/// The sessions of one client configuration.
pub(crate) struct Sessions {
    context: SslContext,
    /// Oldest first.
    kept: Mutex<Vec<Kept>>,
}

impl Sessions {
    /// None yet. All that come will be of connections under this context.
    pub(crate) fn new(context: SslContext) -> Self {
        Self {
            context,
            kept: Mutex::default(),
        }
    }

    fn is_of_context(&self, ssl: &SslRef) -> bool {
        std::ptr::eq(ssl.ssl_context(), &raw const *self.context)
    }

    fn keep(&self, kept: Kept) {
        let mut all = self.lock();
        let place = kept.place.clone();
        all.push(kept);
        let here = all.iter().filter(|kept| kept.place == place).count();
        let oldest = all
            .iter()
            .position(|kept| here > MAX_FOR_ONE && kept.place == place)
            .or((all.len() > MAX_KEPT).then_some(0));
        if let Some(at) = oldest {
            all.remove(at);
        }
    }

    /// The newest that is not too old.
    fn take(&self, place: &Place) -> Option<Taken> {
        let mut all = self.lock();
        all.retain(|kept| kept.proof.since.elapsed() < MAX_AGE);
        let at = all.iter().rposition(|kept| kept.place == *place)?;
        Some(Taken(all.remove(at)))
    }

    fn forget(&self, place: &Place) {
        self.lock().retain(|kept| kept.place != *place);
    }

    /// Nothing that holds the lock can panic half way through a change.
    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the sessions of one connection of a client.
pub(crate) struct Keeper {
    sessions: Arc<Sessions>,
    place: Place,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Set when we have admitted the server.
    proof: Option<Proof>,
    /// Whether the server has sent application data.
    confirmed: bool,
    /// Sessions that wait for both.
    waiting: Vec<SslSession>,
}

impl Keeper {
    pub(crate) fn new(sessions: &Arc<Sessions>, name: &str, remote: SocketAddr) -> Arc<Self> {
        Arc::new(Self {
            sessions: Arc::clone(sessions),
            place: Place {
                name: name.to_ascii_lowercase(),
                remote,
            },
            state: Mutex::default(),
        })
    }

    /// Makes the connection tell of its sessions.
    pub(crate) fn watch(self: &Arc<Self>, ssl: &mut SslRef) {
        if let Some(slot) = *SLOT {
            ssl.set_ex_data(slot, Arc::clone(self));
        }
    }

    pub(crate) fn take(&self) -> Option<Taken> {
        self.sessions.take(&self.place)
    }

    /// Offers a session in a connection's handshake.
    #[expect(
        unsafe_code,
        reason = "the crate `openssl` has no safe way to offer a session"
    )]
    pub(crate) fn offer(&self, ssl: &mut SslRef, taken: &Taken) -> Result<(), ErrorStack> {
        if !self.sessions.is_of_context(ssl) {
            return Ok(());
        }
        // SAFETY: session and connection have to be of one context. `ssl` was
        // compared with that of `sessions` just now, and so was each session's
        // connection before the session got in, in `install_client` and
        // `admitted`. `sessions` holds the context, so that its address can't
        // have become another one's.
        unsafe { ssl.set_session(&taken.0.session) }
    }

    /// The server is admitted by what `proof` says.
    pub(crate) fn admitted(&self, ssl: &SslRef, proof: Proof) {
        // RFC 7627 clause 5.4: older sessions without the extended master secret
        // are better not resumed.
        let older = ssl.version2() != Some(SslVersion::TLS1_3)
            && ssl.extms_support() == Some(true)
            && self.sessions.is_of_context(ssl);
        let mut state = self.state();
        state.proof = Some(proof);
        if older {
            state.waiting.extend(ssl.session().map(ToOwned::to_owned));
        }
    }

    fn came(&self, session: SslSession) {
        let mut state = self.state();
        if state.waiting.len() < MAX_FOR_ONE {
            state.waiting.push(session);
        }
        self.settle(&mut state);
    }

    /// Application data came.
    pub(crate) fn confirmed(&self) {
        let mut state = self.state();
        state.confirmed = true;
        self.settle(&mut state);
    }

    /// The connection failed, or ended before any application data came.
    pub(crate) fn failed(&self) {
        if !self.state().confirmed {
            self.sessions.forget(&self.place);
        }
    }

    fn settle(&self, state: &mut State) {
        let Some(proof) = state.proof.clone().filter(|_| state.confirmed) else {
            return;
        };
        for session in state.waiting.drain(..) {
            self.sessions.keep(Kept {
                place: self.place.clone(),
                proof: proof.clone(),
                session,
            });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands above the leaf by its names, of the certificates that a client
/// showed in the full handshake; nothing is verified.
pub(crate) fn above(ssl: &SslRef) -> Vec<Vec<u8>> {
    let shown: Vec<&X509Ref> = ssl.peer_cert_chain().into_iter().flatten().collect();
    let leaf = ssl.peer_certificate();
    let mut above: Vec<&X509Ref> = Vec::new();
    while above.len() < MAX_ABOVE {
        let Some(last) = above.last().copied().or(leaf.as_deref()) else {
            break;
        };
        let wanted = last.issuer_name();
        let is_next = |one: &&&X509Ref| {
            one.subject_name()
                .try_cmp(wanted)
                .is_ok_and(|order| order.is_eq())
        };
        let next = shown.iter().find(is_next).copied();
        match next {
            // A certificate that issued itself is the last one.
            Some(next) if !above.iter().any(|one| std::ptr::eq(*one, next)) => above.push(next),
            _ => break,
        }
    }
    let ders = above.iter().map_while(|one| one.to_der().ok());
    ders.collect()
}
