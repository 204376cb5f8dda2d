//! Fetching a package by HTTP (OMA FUMO 1.0 clause 6.1, "alternate download"; OMA
//! SCOMO 1.0 has it too;
//! RFC 9110 clauses 13.1.5 and 14 for parts, 15.4 for the redirects that are not
//! followed). Every so many octets the file is made durable, then the progress
//! is stored; after a cut the rest is asked for, under a strong validator, so
//! that parts of two files never meet.

use std::io;
use std::path::PathBuf;

use dm::objects::DownloadUrl;
use dm::objects::fumo::Expected;
use tls::http::header::{self, HeaderValue};
use tls::http::{Answer, ClientRequest, Method, StatusCode};
use tokio::time::{sleep, timeout};

use super::DownloadLimits;
use super::client::Client;
use super::endpoint::Endpoint;
use super::kept::Kept;
use super::network::{Network, may_pass};
use super::package::PackageFile;
use super::validator::{ContentRange, Validator, content_length};
use crate::Error;

/// Why there is no package. What a server is told of it is the object's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The URL can't be used.
    BadUrl,
    /// It is not what was announced.
    Corrupted,
    /// It comes in a form that is not taken.
    NotAcceptable,
    /// The download server wants to know who asks.
    Authentication,
    /// It took too long.
    TimedOut,
    /// The download server does not answer.
    Unavailable,
    /// The download server failed.
    Server,
    /// There is no room for it.
    NoRoom,
    /// The network failed.
    Network,
    /// The device failed.
    Device,
    /// Anything else.
    Undefined,
}

/// A package to be fetched.
pub(super) struct Order<'a> {
    pub(super) url: &'a DownloadUrl,
    /// Octets that are stored already.
    pub(super) offset: u64,
    pub(super) expected: Expected,
    /// The file that it goes into.
    pub(super) path: PathBuf,
    /// Told how many octets are stored.
    pub(super) progress: &'a (dyn Fn(u64) -> Result<(), dm::Error> + Sync),
    /// Where the validator of what is stored is kept.
    pub(super) validator: fn(&mut Kept) -> &mut Option<Validator>,
}

/// Why an attempt did not bring the whole package.
enum Trouble {
    /// Another attempt may; the cause is what is reported if none does.
    Passing(Cause),
    /// No attempt will.
    Lasting(Cause),
    /// The device itself failed.
    Own(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

/// A download under way.
struct Fetch<'a> {
    kept: &'a mut Kept,
    order: &'a Order<'a>,
    network: Network,
    limits: DownloadLimits,
    endpoint: Endpoint,
    file: PackageFile,
    /// Octets whose progress is stored.
    stored: u64,
}

impl Client {
    /// Fetches a package into its file: done, or why it failed.
    pub(super) async fn fetch(&mut self, order: &Order<'_>) -> Result<Result<(), Cause>, Error> {
        let Some(endpoint) = Endpoint::of_url(order.url) else {
            return Ok(Err(Cause::BadUrl));
        };
        if !endpoint.secure && !self.network.allow_http {
            tracing::warn!("a package is offered without TLS, which is not allowed");
            return Ok(Err(Cause::BadUrl));
        }
        let file = PackageFile::open(&order.path, order.offset);
        let file = file.map_err(Error::file(&order.path))?;
        let mut fetch = Fetch {
            stored: file.length(),
            kept: &mut self.kept,
            order,
            network: self.network.clone(),
            limits: self.limits,
            endpoint,
            file,
        };
        let time = fetch.limits.time;
        match timeout(time, fetch.run()).await {
            Err(_) => Ok(Err(Cause::TimedOut)),
            Ok(Err(Trouble::Own(error))) => Err(error),
            Ok(Err(Trouble::Passing(cause) | Trouble::Lasting(cause))) => Ok(Err(cause)),
            Ok(Ok(())) => Ok(Ok(())),
        }
    }
}

impl Fetch<'_> {
    /// Tries until the package is whole, or so many attempts in a row have
    /// brought nothing.
    async fn run(&mut self) -> Result<(), Trouble> {
        let mut in_vain = 0;
        loop {
            let before = self.file.length();
            let ended = self.attempt().await;
            // Also what an attempt brought before it failed.
            self.store_progress()?;
            let Err(Trouble::Passing(cause)) = ended else {
                return ended;
            };
            in_vain = match self.file.length() > before {
                true => 0,
                false => in_vain + 1,
            };
            if in_vain >= self.limits.attempts {
                return Err(Trouble::Lasting(cause));
            }
            tracing::info!(octets = self.file.length(), "the download is interrupted");
            sleep(self.limits.pause).await;
        }
    }

    async fn attempt(&mut self) -> Result<(), Trouble> {
        let length = self.file.length();
        if length > 0 && self.order.expected.size == Some(length) {
            return Ok(());
        }
        let validator = self.validator().clone().filter(|_| length > 0);
        if validator.is_none() && length > 0 {
            self.begin_anew(None)?;
        }
        let answer = self.ask(validator.as_ref()).await?;
        let coding = answer.headers.get(header::CONTENT_ENCODING);
        if coding.is_some_and(|coding| coding != "identity") {
            return Err(Trouble::Lasting(Cause::NotAcceptable));
        }
        match (answer.status, &validator) {
            (StatusCode::OK, _) => {
                self.check_length(content_length(&answer.headers))?;
                self.begin_anew(Validator::of(&answer.headers))?;
            }
            (StatusCode::PARTIAL_CONTENT, Some(validator)) => self.go_on(&answer, validator)?,
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => {
                let range = ContentRange::of(&answer.headers);
                if range.and_then(|range| range.total) == Some(length) {
                    return Ok(());
                }
                self.begin_anew(None)?;
                return Err(Trouble::Passing(Cause::Server));
            }
            (status, _) => return Err(refusal(status)),
        }
        self.copy(answer).await
    }

    async fn ask(&mut self, validator: Option<&Validator>) -> Result<Answer, Trouble> {
        let endpoint = &self.endpoint;
        let mut request = ClientRequest::new(Method::GET, &endpoint.host, &endpoint.target);
        request.headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        if let Some(validator) = validator {
            let range = format!("bytes={}-", self.file.length());
            let range =
                HeaderValue::from_str(&range).map_err(|_| Trouble::Lasting(Cause::Undefined))?;
            request.headers.insert(header::RANGE, range);
            request
                .headers
                .insert(header::IF_RANGE, validator.if_range());
        }
        let sent = self.network.send(endpoint, request, self.limits.patience);
        sent.await.map_err(|error| {
            tracing::info!(code = error.code(), %error, "the download server is not reached");
            match may_pass(&error) {
                true => Trouble::Passing(Cause::Unavailable),
                false => Trouble::Lasting(Cause::Server),
            }
        })
    }

    /// Whether an answer with a part is the rest of what is here; if not, the
    /// next attempt begins anew.
    fn go_on(&mut self, answer: &Answer, validator: &Validator) -> Result<(), Trouble> {
        let range = ContentRange::of(&answer.headers);
        let fits = range.is_some_and(|range| range.first == Some(self.file.length()));
        if !fits || validator.is_contradicted_by(&answer.headers) {
            self.begin_anew(None)?;
            return Err(Trouble::Passing(Cause::Server));
        }
        self.check_length(range.and_then(|range| range.total))
    }

    /// What the server says of the length of the whole.
    fn check_length(&self, total: Option<u64>) -> Result<(), Trouble> {
        let Some(total) = total else {
            return Ok(());
        };
        if self.order.expected.size.is_some_and(|size| size != total) {
            return Err(Trouble::Lasting(Cause::Corrupted));
        }
        if total > self.limits.octets {
            return Err(Trouble::Lasting(Cause::NoRoom));
        }
        Ok(())
    }

    fn validator(&mut self) -> &mut Option<Validator> {
        (self.order.validator)(self.kept)
    }

    fn begin_anew(&mut self, validator: Option<Validator>) -> Result<(), Trouble> {
        self.file.clear().map_err(full)?;
        *self.validator() = validator;
        self.stored = 0;
        (self.order.progress)(0).map_err(Error::from)?;
        Ok(self.kept.save()?)
    }

    async fn copy(&mut self, mut answer: Answer) -> Result<(), Trouble> {
        let most = self.order.expected.size.unwrap_or(self.limits.octets);
        loop {
            let next = answer.next(self.limits.patience).await;
            let next = next.map_err(|_| Trouble::Passing(Cause::Network))?;
            let Some(octets) = next else {
                break;
            };
            let count = u64::try_from(octets.len()).unwrap_or(u64::MAX);
            if self.file.length().saturating_add(count) > most {
                return Err(Trouble::Lasting(match self.order.expected.size {
                    Some(_) => Cause::Corrupted,
                    None => Cause::NoRoom,
                }));
            }
            self.file.append(&octets).map_err(full)?;
            if self.file.length() - self.stored >= self.limits.store_every {
                self.store_progress()?;
            }
        }
        // A body that says nothing of its length may have been cut.
        if self
            .order
            .expected
            .size
            .is_some_and(|size| size > self.file.length())
        {
            return Err(Trouble::Passing(Cause::Network));
        }
        Ok(())
    }

    /// First the octets, then how many there are.
    fn store_progress(&mut self) -> Result<(), Trouble> {
        let length = self.file.length();
        if length == self.stored {
            return Ok(());
        }
        tokio::task::block_in_place(|| self.file.sync()).map_err(full)?;
        (self.order.progress)(length).map_err(Error::from)?;
        self.kept.save()?;
        self.stored = length;
        Ok(())
    }
}

/// What an HTTP status means that brings no package.
fn refusal(status: StatusCode) -> Trouble {
    match status {
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => Trouble::Lasting(Cause::Authentication),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Trouble::Passing(Cause::Unavailable)
        }
        status if status.is_server_error() => Trouble::Passing(Cause::Server),
        status if status.is_redirection() || status.is_client_error() => {
            Trouble::Lasting(Cause::BadUrl)
        }
        _ => Trouble::Lasting(Cause::Server),
    }
}

/// A file that can't be written: there is no room, or the device's storage
/// fails.
fn full(error: io::Error) -> Trouble {
    tracing::warn!(%error, "the package can't be written");
    Trouble::Lasting(match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Cause::NoRoom
        }
        _ => Cause::Device,
    })
}
