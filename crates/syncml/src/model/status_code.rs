//! Status codes (SyncML RepPro 1.2 clause 10, "Response Status Codes"; the
//! names of 401, 407, 416 and 517 as OMA DM RepPro 1.2 gives them).

use std::fmt;

/// What became of a command. Codes outside the list keep their number; real
/// clients send `0`, for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(pub u16);

macro_rules! status_codes {
    ($($name:ident $code:literal $text:literal;)*) => {
        impl StatusCode {
            $(#[doc = concat!(stringify!($code), ": ", $text, ".")]
            pub const $name: Self = Self($code);)*

            /// The code's name in the specification, in lower case; `None` if
            /// it has none there.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

status_codes! {
    IN_PROGRESS 101 "in progress";
    OK 200 "ok";
    ITEM_ADDED 201 "item added";
    ACCEPTED_FOR_PROCESSING 202 "accepted for processing";
    NON_AUTHORITATIVE_RESPONSE 203 "non-authoritative response";
    NO_CONTENT 204 "no content";
    RESET_CONTENT 205 "reset content";
    PARTIAL_CONTENT 206 "partial content";
    CONFLICT_RESOLVED_WITH_MERGE 207 "conflict resolved with merge";
    CONFLICT_RESOLVED_CLIENT_WINS 208 "conflict resolved with client's command winning";
    CONFLICT_RESOLVED_WITH_DUPLICATE 209 "conflict resolved with duplicate";
    DELETE_WITHOUT_ARCHIVE 210 "delete without archive";
    ITEM_NOT_DELETED 211 "item not deleted";
    AUTHENTICATION_ACCEPTED 212 "authentication accepted";
    CHUNKED_ITEM_ACCEPTED 213 "chunked item accepted and buffered";
    OPERATION_CANCELLED 214 "operation cancelled";
    NOT_EXECUTED 215 "not executed";
    ATOMIC_ROLL_BACK_OK 216 "atomic roll back ok";
    MULTIPLE_CHOICES 300 "multiple choices";
    MOVED_PERMANENTLY 301 "moved permanently";
    FOUND 302 "found";
    SEE_OTHER 303 "see other";
    NOT_MODIFIED 304 "not modified";
    USE_PROXY 305 "use proxy";
    BAD_REQUEST 400 "bad request";
    UNAUTHORIZED 401 "unauthorized";
    PAYMENT_NEEDED 402 "payment needed";
    FORBIDDEN 403 "forbidden";
    NOT_FOUND 404 "not found";
    COMMAND_NOT_ALLOWED 405 "command not allowed";
    OPTIONAL_FEATURE_NOT_SUPPORTED 406 "optional feature not supported";
    AUTHENTICATION_REQUIRED 407 "authentication required";
    REQUEST_TIMEOUT 408 "request timeout";
    CONFLICT 409 "conflict";
    GONE 410 "gone";
    SIZE_REQUIRED 411 "size required";
    INCOMPLETE_COMMAND 412 "incomplete command";
    REQUEST_ENTITY_TOO_LARGE 413 "request entity too large";
    URI_TOO_LONG 414 "uri too long";
    UNSUPPORTED_MEDIA_TYPE_OR_FORMAT 415 "unsupported media type or format";
    REQUESTED_RANGE_NOT_SATISFIABLE 416 "requested range not satisfiable";
    RETRY_LATER 417 "retry later";
    ALREADY_EXISTS 418 "already exists";
    CONFLICT_RESOLVED_WITH_SERVER_DATA 419 "conflict resolved with server data";
    DEVICE_FULL 420 "device full";
    UNKNOWN_SEARCH_GRAMMAR 421 "unknown search grammar";
    BAD_CGI_SCRIPT 422 "bad cgi script";
    SOFT_DELETE_CONFLICT 423 "soft-delete conflict";
    SIZE_MISMATCH 424 "size mismatch";
    PERMISSION_DENIED 425 "permission denied";
    PARTIAL_ITEM_NOT_ACCEPTED 426 "partial item not accepted";
    ITEM_NOT_EMPTY 427 "item not empty";
    MOVE_FAILED 428 "move failed";
    COMMAND_FAILED 500 "command failed";
    COMMAND_NOT_IMPLEMENTED 501 "command not implemented";
    BAD_GATEWAY 502 "bad gateway";
    SERVICE_UNAVAILABLE 503 "service unavailable";
    GATEWAY_TIMEOUT 504 "gateway timeout";
    DTD_VERSION_NOT_SUPPORTED 505 "dtd version not supported";
    PROCESSING_ERROR 506 "processing error";
    ATOMIC_FAILED 507 "atomic failed";
    REFRESH_REQUIRED 508 "refresh required";
    DATA_STORE_FAILURE 510 "data store failure";
    SERVER_FAILURE 511 "server failure";
    SYNCHRONIZATION_FAILED 512 "synchronization failed";
    PROTOCOL_VERSION_NOT_SUPPORTED 513 "protocol version not supported";
    OPERATION_CANCELLED_BEFORE 514 "operation cancelled";
    ATOMIC_ROLL_BACK_FAILED 516 "atomic roll back failed";
    ATOMIC_RESPONSE_TOO_LARGE 517 "atomic response too large to fit in message";
}

impl StatusCode {
    /// Whether the command did what it should, or is about to: 200 to 299,
    /// except 215 (not executed) and 216 (rolled back).
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self.0, 200..=299)
            && !matches!(self, Self::NOT_EXECUTED | Self::ATOMIC_ROLL_BACK_OK)
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}
