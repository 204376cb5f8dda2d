//! HTTP authentication as a server offers it: the answer to a POST without
//! credentials, and logins (RFC 7617, RFC 7616; OMA DM session security 9.2.1).

use tokio::time::timeout_at;

use super::shake::{Answer, Hello, attempt};
use super::target::{Login, Target};
use crate::http::auth::{Challenge, HttpLogin, LoginScheme};
use crate::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use crate::http::{ClientLimits, ClientRequest, HeaderMap, Method, StatusCode, converse};
use crate::{Error, TlsStream};

const DM: &str = "application/vnd.syncml.dm+xml";

/// What HTTP had to say.
#[derive(Clone, Debug)]
pub(super) struct Web {
    /// The answer without credentials: its status and its challenges, or why
    /// there is none.
    pub(super) open: Result<(StatusCode, Vec<Challenge>), String>,
    /// What became of logins, if there was one to try.
    pub(super) basic: Option<Entry>,
    pub(super) digest: Option<Entry>,
}

/// What became of a login.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) is_in: bool,
    pub(super) words: String,
}

/// Asks a server.
///
/// # Errors
/// Those of [`Target::open`].
pub(super) async fn ask(target: &Target) -> Result<Web, Error> {
    let open = post(target, None).await?;
    let open = open.map(|(status, headers)| (status, Challenge::all(&headers)));
    let (mut basic, mut digest) = (None, None);
    // Where nothing answers, a login would only wait as long again.
    if let (Some(login), Ok(_)) = (&target.login, &open) {
        basic = Some(enter(target, login, LoginScheme::Basic).await?);
        digest = Some(enter(target, login, LoginScheme::Digest).await?);
    }
    Ok(Web {
        open,
        basic,
        digest,
    })
}

async fn enter(target: &Target, login: &Login, scheme: LoginScheme) -> Result<Entry, Error> {
    let mut client = HttpLogin::new(scheme, &login.user, login.secret.clone())?;
    let name = match scheme {
        LoginScheme::Basic => "Basic",
        LoginScheme::Digest => "Digest",
    };
    let entry = |is_in, words: String| Entry {
        is_in,
        words: format!("login by {name}: {words}"),
    };
    // Digest hears a challenge first; a nonce may be too old once.
    for _ in 0..3 {
        let sent = match client.authorization("POST", &target.path, &[]) {
            Ok(sent) => sent,
            Err(refused) => return Ok(entry(false, refused.to_string())),
        };
        let (status, headers) = match post(target, sent).await? {
            Ok(answer) => answer,
            Err(words) => return Ok(entry(false, words)),
        };
        if status != StatusCode::UNAUTHORIZED {
            // Of the message, which is empty, the server may think what it likes.
            let is_in = status != StatusCode::FORBIDDEN && !status.is_server_error();
            return Ok(entry(is_in, format!("status {}", status.as_u16())));
        }
        if let Err(refused) = client.challenged(&headers) {
            return Ok(entry(false, format!("status 401, {refused}")));
        }
    }
    Ok(entry(false, "status 401 again and again".to_owned()))
}

/// One POST over a connection of its own; the inner error is why there was no
/// answer.
async fn post(
    target: &Target,
    authorization: Option<HeaderValue>,
) -> Result<Result<(StatusCode, HeaderMap), String>, Error> {
    let Some(stream) = connection(target).await? else {
        return Ok(Err("no handshake, so no HTTP".to_owned()));
    };
    let mut request = ClientRequest::new(Method::POST, &target.host, &target.path);
    let headers = &mut request.headers;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(DM));
    headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
    let request = request.into_wire(&target.authority())?;
    let limits = ClientLimits::default();
    let answer = timeout_at(target.deadline(), converse(stream, request, &limits)).await;
    Ok(match answer {
        Ok(Ok(answer)) => Ok((answer.status, answer.headers)),
        Ok(Err(error)) => Err(format!("POST {}: {error}", target.path)),
        Err(_) => Err(format!("POST {}: no answer in time", target.path)),
    })
}

/// With a certificate if there is one, with the key if not.
async fn connection(target: &Target) -> Result<Option<TlsStream>, Error> {
    let (answer, stream) = attempt(target, &Hello::anything(None)).await?;
    match (answer, &target.key) {
        (Answer::Begun(_) | Answer::Refused(_), Some(key)) => {
            Ok(attempt(target, &Hello::anything(Some(key))).await?.1)
        }
        _ => Ok(stream),
    }
}
