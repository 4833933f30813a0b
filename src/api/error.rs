//! What can go wrong with a call, each with a named cause and a way out.

use std::fmt;
use std::time::Duration;

use crate::safe::hidden;
use crate::safe::mask::written;
use serde::Serialize;

/// Longest server message kept, in characters.
const MAX_MESSAGE: usize = 500;
/// Longest field name, code or request id kept, in characters.
const MAX_NAME: usize = 128;
/// Most field errors kept of one answer.
const MAX_FIELDS: usize = 50;

/// The way out where nobody vouches for a server's certificate.
const UNKNOWN_ISSUER: &str = "Nobody that this machine trusts has signed the server's certificate. Often a proxy of the \
     company opens TLS: name a file with the certificate of its authority in `SSL_CERT_FILE`, together with those of \
     the system.";

/// The way out of a refusal for a value that the server does not name.
const NO_FIELD_NAMED: &str = "The server names no field: its words say what it refused.";

/// The way out of a refusal to read: no manifest says what a GET asks for.
const READ_REFUSED: &str = "Nothing in the manifests is wrong: the server refused what deskform asked \
     it. Report its words with the request id.";

/// The named cause of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Desk refused the access token, a fresh one included.
    TokenInvalid,
    /// The accounts server refused the refresh token.
    RefreshTokenInvalid,
    /// The accounts server refused the grant code.
    GrantCodeInvalid,
    /// The accounts server does not know the client id or its secret.
    ClientInvalid,
    /// Too many token requests: ten in ten minutes are allowed.
    TokenThrottled,
    /// The accounts server refused for another reason.
    AuthorizationRefused,
    /// The token lacks a scope.
    ScopeMissing,
    /// The token belongs to another organization, or the organization id is wrong.
    OrganizationMismatch,
    /// A page came instead of JSON: the wrong host, data centre or a proxy in between.
    WrongHost,
    /// The token's user lacks a permission.
    Forbidden,
    /// The edition or its licences do not allow it.
    LicenseLimited,
    /// No such object or address.
    NotFound,
    /// The address does not take this method.
    MethodNotAllowed,
    /// The request is malformed in the server's eyes.
    BadRequest,
    /// A value breaks a rule.
    Invalid,
    /// An object of the same identity exists.
    Duplicate,
    /// The request is larger than the server takes.
    TooLarge,
    /// The server does not take this kind of content.
    UnsupportedMediaType,
    /// The department would lose its last live chat user.
    LastLiveChatUser,
    /// The agent enabled integrations that would break.
    IntegrationAdmin,
    /// Another configuration change is under way in the organization.
    Locked,
    /// It did not go out, since the run was stopped.
    Abandoned,
    /// The day's calls or credits are used up.
    DayLimit,
    /// Too many calls at the same time.
    TooManyRequests,
    /// Too many calls in this minute.
    MinuteLimit,
    /// The server failed.
    ServerError,
    /// The server or a gateway before it is not available.
    Unavailable,
    /// No answer came: whether the request took effect is unknown.
    Lost,
    /// The request never reached the server.
    NotSent,
    /// The answer was not understood.
    Malformed,
    /// The server pointed elsewhere; redirects are never followed.
    Redirected,
    /// A listing kept changing while it was read.
    Unstable,
    /// A listing goes on behind the last place that its operation can be asked for.
    ListingTooLong,
    /// The request could not be built, so it was not sent.
    Unsendable,
}

impl Serialize for ErrorKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl ErrorKind {
    /// Whether a limit refused the call.
    #[must_use]
    pub const fn is_limit(self) -> bool {
        matches!(
            self,
            Self::DayLimit | Self::MinuteLimit | Self::TooManyRequests
        )
    }

    /// The kind as programs know it, as it is serialized.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TokenInvalid => "token-invalid",
            Self::RefreshTokenInvalid => "refresh-token-invalid",
            Self::GrantCodeInvalid => "grant-code-invalid",
            Self::ClientInvalid => "client-invalid",
            Self::TokenThrottled => "token-throttled",
            Self::AuthorizationRefused => "authorization-refused",
            Self::ScopeMissing => "scope-missing",
            Self::OrganizationMismatch => "organization-mismatch",
            Self::WrongHost => "wrong-host",
            Self::Forbidden => "forbidden",
            Self::LicenseLimited => "license-limited",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::BadRequest => "bad-request",
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
            Self::TooLarge => "too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::LastLiveChatUser => "last-live-chat-user",
            Self::IntegrationAdmin => "integration-admin",
            Self::Locked => "locked",
            Self::Abandoned => "abandoned",
            Self::DayLimit => "day-limit",
            Self::TooManyRequests => "too-many-requests",
            Self::MinuteLimit => "minute-limit",
            Self::ServerError => "server-error",
            Self::Unavailable => "unavailable",
            Self::Lost => "lost",
            Self::NotSent => "not-sent",
            Self::Malformed => "malformed",
            Self::Redirected => "redirected",
            Self::Unstable => "unstable",
            Self::ListingTooLong => "listing-too-long",
            Self::Unsendable => "unsendable",
        }
    }

    /// The kind that programs know by a text.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Every kind.
    pub const ALL: [Self; 34] = [
        Self::TokenInvalid,
        Self::RefreshTokenInvalid,
        Self::GrantCodeInvalid,
        Self::ClientInvalid,
        Self::TokenThrottled,
        Self::AuthorizationRefused,
        Self::ScopeMissing,
        Self::OrganizationMismatch,
        Self::WrongHost,
        Self::Forbidden,
        Self::LicenseLimited,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::BadRequest,
        Self::Invalid,
        Self::Duplicate,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::LastLiveChatUser,
        Self::IntegrationAdmin,
        Self::Locked,
        Self::Abandoned,
        Self::DayLimit,
        Self::TooManyRequests,
        Self::MinuteLimit,
        Self::ServerError,
        Self::Unavailable,
        Self::Lost,
        Self::NotSent,
        Self::Malformed,
        Self::Redirected,
        Self::Unstable,
        Self::ListingTooLong,
        Self::Unsendable,
    ];

    /// The cause in a few words, lower case.
    #[must_use]
    pub const fn cause(self) -> &'static str {
        self.words().0
    }

    /// The way out, as one or more sentences.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        self.words().1
    }

    #[expect(clippy::too_many_lines, reason = "it is a table")]
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::TokenInvalid => (
                "the access token is not accepted",
                "Check with `deskform auth status` that data centre, organization and credentials belong together.",
            ),
            Self::RefreshTokenInvalid => (
                "the refresh token is not accepted",
                "It was revoked, belongs to another client or to another data centre. Make a new grant code in the API \
                 console and run `deskform auth login`, with `--save` where the credentials are saved.",
            ),
            Self::GrantCodeInvalid => (
                "the grant code is not accepted",
                "A code works once and, unless a longer time was chosen, for three minutes. Make a new one in the API \
                 console of the same data centre.",
            ),
            Self::ClientInvalid => (
                "the client id or the client secret is not accepted",
                "Copy both again from the self client in the API console of the organization's data centre.",
            ),
            Self::TokenThrottled => (
                "too many tokens were requested",
                "Ten token requests in ten minutes are allowed. Wait, and let parallel runs share one cache folder or \
                 run one after the other.",
            ),
            Self::AuthorizationRefused => (
                "the accounts server refused to issue a token",
                "Check the client in the API console of the organization's data centre.",
            ),
            Self::ScopeMissing => (
                "the token lacks a scope",
                "A refresh never adds scopes: make a new grant code that has them and run `deskform auth login`, \
                 with `--save` where the credentials are saved.",
            ),
            Self::OrganizationMismatch => (
                "the token does not belong to this organization",
                "A token is bound to one organization, and a sandbox is one of its own. Check `orgId` and use the \
                 credentials that were made for it; `deskform auth status` shows what the token reaches.",
            ),
            Self::WrongHost => (
                "a web page came instead of JSON",
                "This is usually the wrong data centre, the wrong organization, or a proxy in between. Check \
                 `dataCenter`, `endpoint` and `orgId`.",
            ),
            Self::Forbidden => (
                "the token's user lacks a permission",
                "Give the user who made the grant a profile with this permission, or use an administrator's grant.",
            ),
            Self::LicenseLimited => (
                "the edition does not allow it",
                "Free a licence, upgrade the edition, or take the resource out of the manifests.",
            ),
            Self::NotFound => (
                "no such object or address",
                "It may have been deleted meanwhile, or the organization's edition lacks the feature. Plan again.",
            ),
            Self::MethodNotAllowed => (
                "the address does not take this method",
                "The server may follow the other dialect of the API: set `dialect` in the environment.",
            ),
            Self::BadRequest => (
                "the request was refused as malformed",
                "Compare the fields with `deskform explain`; the server's words name the parameter.",
            ),
            Self::Invalid => (
                "a value was refused",
                "Correct the named fields in the manifest.",
            ),
            Self::Duplicate => (
                "an object of the same identity exists",
                "Plan again so that the existing object is adopted, or choose another name.",
            ),
            Self::TooLarge => (
                "the request is too large",
                "Shorten the longest fields of the resource.",
            ),
            Self::UnsupportedMediaType => (
                "the server does not take JSON here",
                "Check `endpoint` and `dialect` of the environment.",
            ),
            Self::LastLiveChatUser => (
                "a department would lose its last live chat user",
                "Add another agent to the department's live chat first.",
            ),
            Self::IntegrationAdmin => (
                "the agent enabled integrations that depend on them",
                "Let another administrator take the integrations over before the agent is deactivated.",
            ),
            Self::Locked => (
                "another configuration change is under way in the organization",
                "Wait until it is done and run again.",
            ),
            Self::Abandoned => (
                "the run was stopped before it was sent",
                "Run apply again; what was done is not done twice.",
            ),
            Self::DayLimit => (
                "the organization's calls of the day are used up",
                "Wait for the reset, buy credits, or slow down the other integrations that share them.",
            ),
            Self::TooManyRequests => (
                "too many calls run at the same time",
                "The slots are shared with every other integration: lower `parallelism` or run when it is quieter.",
            ),
            Self::MinuteLimit => (
                "too many calls were made in this minute",
                "Lower `parallelism`, or run when other integrations are quiet. If waiting never helps, the day's \
                 calls are used up.",
            ),
            Self::ServerError => (
                "the server failed",
                "Try again later; if it persists, give the request id to Zoho's support.",
            ),
            Self::Unavailable => (
                "the server is not available",
                "Try again later, and check Zoho's status page.",
            ),
            Self::Lost => (
                "no answer came, so the outcome is unknown",
                "Plan again: what took effect is found and adopted.",
            ),
            Self::NotSent => (
                "the server could not be reached",
                "Check the network, the proxy and `dataCenter` or `endpoint`.",
            ),
            Self::Malformed => (
                "the answer was not understood",
                "Check `endpoint` and proxies; if the answer is Zoho's own, report it with the request id.",
            ),
            Self::Redirected => (
                "the server pointed to another address",
                "Redirects are not followed, since the token would go along. Check `dataCenter` and `endpoint`.",
            ),
            Self::Unstable => (
                "the listing kept changing while it was read",
                "Run again when nobody adds or removes objects of this kind.",
            ),
            Self::ListingTooLong => (
                "the listing is longer than the API can page",
                "Without the rest nothing is proved to be absent: remove objects of this kind, or leave the kind out.",
            ),
            Self::Unsendable => (
                "the request could not be built",
                "This is a defect: please report it with the command that was run.",
            ),
        }
    }
}

/// What to do about a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Send again after a growing, random pause.
    Retry,
    /// Get a new token, once, and send again.
    Refresh,
    /// Send again after at least this time.
    Wait(Duration),
    /// Sending again would not help.
    GiveUp,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The value breaks a rule.
    Invalid,
    /// Another object has the value.
    Duplicate,
    /// The field is required.
    Missing,
    /// Something else.
    Other,
}

impl Fault {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
            Self::Missing => "missing",
            Self::Other => "refused",
        }
    }
}

/// One refused field of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field as the server names it: a JSON pointer (`/contactId`) or a bare name.
    pub field: String,
    /// What is wrong.
    #[serde(rename = "fault")]
    pub kind: Fault,
    /// The server's words, or none.
    pub message: Option<String>,
}

impl FieldError {
    /// Keeps server texts short and plain.
    #[must_use]
    pub fn new(field: &str, kind: Fault, message: Option<&str>) -> Self {
        Self {
            field: plain(field, MAX_NAME),
            kind,
            message: message
                .map(|text| plain(text, MAX_MESSAGE))
                .filter(|text| !text.is_empty()),
        }
    }
}

/// A failed call.
///
/// Server texts in it are bounded and free of control characters. It never holds a token or a
/// credential; a secret value of a manifest that the server repeats is for the caller to
/// [redact](ApiError::redact).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    parts: Box<Parts>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    kind: ErrorKind,
    request: String,
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
    fields: Vec<FieldError>,
    request_id: Option<String>,
    hint: Option<String>,
    until_ms: Option<i64>,
}

impl ApiError {
    /// A failure of a request such as `POST /departments`.
    #[must_use]
    pub fn new(kind: ErrorKind, request: &str) -> Self {
        Self {
            parts: Box::new(Parts {
                kind,
                request: plain(request, 2 * MAX_NAME),
                status: None,
                code: None,
                message: None,
                fields: Vec::new(),
                request_id: None,
                hint: None,
                until_ms: None,
            }),
        }
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.parts.status = Some(status);
        self
    }

    /// Sets the server's code.
    #[must_use]
    pub fn with_code(mut self, code: Option<&str>) -> Self {
        self.parts.code = code
            .map(|text| plain(text, MAX_NAME))
            .filter(|text| !text.is_empty());
        self
    }

    /// Sets the message: the server's, or what else is known.
    #[must_use]
    pub fn with_message(mut self, message: &str) -> Self {
        let message = plain(message, MAX_MESSAGE);
        self.parts.message = (!message.is_empty()).then_some(message);
        self
    }

    /// Sets the refused fields.
    #[must_use]
    pub fn with_fields(mut self, mut fields: Vec<FieldError>) -> Self {
        fields.truncate(MAX_FIELDS);
        self.parts.fields = fields;
        self
    }

    /// Sets the `X-Request-Id` of the answer.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<&str>) -> Self {
        self.parts.request_id = id
            .map(|text| plain(text, MAX_NAME))
            .filter(|text| !text.is_empty());
        self
    }

    /// Replaces the kind's hint.
    #[must_use]
    pub fn with_hint(mut self, hint: String) -> Self {
        self.parts.hint = Some(hint);
        self
    }

    /// Sets when a limit ends, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn with_until_ms(mut self, until_ms: Option<i64>) -> Self {
        self.parts.until_ms = until_ms;
        self
    }

    /// The same failure under another cause.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.parts.kind = kind;
        self
    }

    /// The same failure of a call whose outcome nobody knows: its own cause leads its message.
    #[must_use]
    pub(super) fn into_lost(self) -> Self {
        if self.kind() == ErrorKind::Lost {
            return self;
        }
        let words = match self.message() {
            Some(message) => format!("{}: {message}", self.kind().cause()),
            None => self.kind().cause().to_owned(),
        };
        self.with_kind(ErrorKind::Lost).with_message(&words)
    }

    /// The named cause.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.parts.kind
    }

    /// The request, such as `POST /departments`: without host and query.
    #[must_use]
    pub fn request(&self) -> &str {
        &self.parts.request
    }

    /// The HTTP status, if an answer came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.parts.status
    }

    /// The server's code, such as `INVALID_DATA`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.parts.code.as_deref()
    }

    /// The server's message, or what else is known.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.parts.message.as_deref()
    }

    /// The refused fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.parts.fields
    }

    /// The `X-Request-Id` by which Zoho's support finds the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.parts.request_id.as_deref()
    }

    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &str {
        let parts = &*self.parts;
        let is_read = || parts.request.starts_with("GET ");
        let says = |word: &str| {
            parts
                .message
                .as_ref()
                .is_some_and(|text| text.contains(word))
        };
        parts.hint.as_deref().unwrap_or_else(|| match parts.kind {
            ErrorKind::Invalid | ErrorKind::BadRequest if is_read() => READ_REFUSED,
            ErrorKind::Invalid if parts.fields.is_empty() => NO_FIELD_NAMED,
            // The words of the TLS library.
            ErrorKind::NotSent if says("UnknownIssuer") => UNKNOWN_ISSUER,
            kind => kind.hint(),
        })
    }

    /// The cause in a few words. Where an answer came, it does not say that none did.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        match (self.parts.kind, self.parts.status) {
            (ErrorKind::Lost, Some(_)) => "it is not known what came of it",
            (kind, _) => kind.cause(),
        }
    }

    /// When the limit ends, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn until_ms(&self) -> Option<i64> {
        self.parts.until_ms
    }

    /// Whether the object is certainly not there.
    ///
    /// A web page with status 404 proves nothing and has the kind [`ErrorKind::WrongHost`].
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.parts.kind == ErrorKind::NotFound
    }

    /// Whether one may not ask so, or not with this token: what is asked for may be there all the same.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(
            self.parts.kind,
            ErrorKind::ScopeMissing
                | ErrorKind::Forbidden
                | ErrorKind::LicenseLimited
                | ErrorKind::NotFound
                | ErrorKind::MethodNotAllowed
        )
    }

    /// Whether a question was understood and not answered: it may not be asked, or has no answer there.
    #[must_use]
    pub fn is_no_answer(&self) -> bool {
        self.is_forbidden() || matches!(self.parts.kind, ErrorKind::Invalid | ErrorKind::BadRequest)
    }

    /// Whether it says something of one call alone: other calls may well be answered.
    #[must_use]
    pub fn is_of_one_call(&self) -> bool {
        self.is_no_answer()
            || matches!(
                self.parts.kind,
                ErrorKind::ServerError | ErrorKind::Malformed
            )
    }

    /// Whether the request may have taken effect although it failed.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.parts.kind == ErrorKind::Lost
    }

    /// Replaces secret values that the server repeats in its texts, as they are or as they were
    /// written in a form, a URL or JSON; of a text that was cut short also the beginning of one.
    pub fn redact<'a>(&mut self, secrets: impl IntoIterator<Item = &'a str>) {
        let parts = &mut *self.parts;
        let mut forms: Vec<String> = secrets
            .into_iter()
            // Shorter values would tear words apart and are no secrets.
            .filter(|secret| secret.len() >= SHORTEST_SECRET)
            .flat_map(written)
            .collect();
        // A secret may be a part of another one.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        for secret in &forms {
            let texts = parts
                .message
                .iter_mut()
                .chain(parts.code.iter_mut())
                .chain(parts.hint.iter_mut())
                .chain(parts.request_id.iter_mut())
                .chain(std::iter::once(&mut parts.request))
                .chain(parts.fields.iter_mut().flat_map(|field| {
                    std::iter::once(&mut field.field).chain(field.message.iter_mut())
                }));
            for text in texts {
                hide(text, secret);
            }
        }
    }
}

/// Bytes of the shortest value, or beginning of one, that is taken for a secret.
const SHORTEST_SECRET: usize = 4;

fn hide(text: &mut String, secret: &str) {
    if text.contains(secret) {
        *text = text.replace(secret, "(secret)");
    }
    let Some(kept) = text.strip_suffix('…') else {
        return;
    };
    let beginning = secret
        .char_indices()
        .map(|(at, _)| at)
        .rev()
        .take_while(|at| *at >= SHORTEST_SECRET)
        .find(|at| secret.get(..*at).is_some_and(|part| kept.ends_with(part)));
    if let Some(length) = beginning {
        let rest = kept.get(..kept.len() - length).unwrap_or_default();
        *text = format!("{rest}(secret)…");
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &*self.parts;
        write!(f, "`{}`: {}", parts.request, self.cause())?;
        match (parts.status, &parts.code) {
            (Some(status), Some(code)) => write!(f, " (HTTP {status}, `{code}`)")?,
            (Some(status), None) => write!(f, " (HTTP {status})")?,
            (None, Some(code)) => write!(f, " (`{code}`)")?,
            (None, None) => {}
        }
        if let Some(message) = &parts.message {
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        for field in &parts.fields {
            write!(f, "; `{}` {}", field.field, field.kind.as_str())?;
            if let Some(message) = &field.message {
                write!(f, ": {}", message.trim_end_matches('.'))?;
            }
        }
        if let Some(until) = parts.until_ms.and_then(moment) {
            write!(f, "; until {until}")?;
        }
        if let Some(id) = &parts.request_id {
            write!(f, "; request id `{id}`")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

/// A time for people, in UTC.
pub(crate) fn moment(ms: i64) -> Option<String> {
    // Rounded up, so that nobody is told a moment that is too early.
    let seconds = ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) > 0);
    jiff::Timestamp::from_second(seconds)
        .ok()
        .map(|time| time.to_string())
}

/// A server's text, made safe for a terminal: bounded, one line, without control characters,
/// terminal escapes and marks that reorder text.
#[must_use]
pub fn plain(text: &str, max: usize) -> String {
    let mut kept = String::new();
    let mut count = 0;
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            '\u{1b}' => {
                skip_escape(&mut chars);
                continue;
            }
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            c if hidden(c) => continue,
            c => c,
        };
        if count == max {
            kept.push('…');
            break;
        }
        kept.push(c);
        count += 1;
    }
    kept
}

fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            for c in chars.by_ref() {
                if ('@'..='~').contains(&c) {
                    break;
                }
            }
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let mut last = ' ';
            for c in chars.by_ref() {
                if c == '\u{7}' || (last == '\u{1b}' && c == '\\') {
                    break;
                }
                last = c;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_cause_and_a_way_out() {
        for kind in ErrorKind::ALL {
            let (cause, hint) = (kind.cause(), kind.hint());
            assert!(cause.starts_with(char::is_lowercase), "{cause}");
            assert!(!cause.ends_with('.'), "{cause}");
            assert!(hint.ends_with('.') && hint.len() > 20, "{hint}");
            let others = ErrorKind::ALL.iter().filter(|k| k.cause() == cause).count();
            assert_eq!(others, 1, "{cause}");
        }
    }

    #[test]
    fn case_32_an_unknown_issuer_has_a_way_out() {
        let error = ApiError::new(ErrorKind::NotSent, "GET /organizations");
        assert_eq!(error.hint(), ErrorKind::NotSent.hint());
        let words =
            "could not connect: client error (Connect): invalid peer certificate: UnknownIssuer";
        let hint = error.with_message(words).hint().to_owned();
        assert!(hint.contains("`SSL_CERT_FILE`"), "{hint}");
    }

    #[test]
    fn an_error_reads_as_one_line() {
        let error = ApiError::new(ErrorKind::Invalid, "POST /departments")
            .with_status(422)
            .with_code(Some("INVALID_DATA"))
            .with_message("The data is invalid.")
            .with_fields(vec![
                FieldError::new("/name", Fault::Duplicate, Some("in use")),
                FieldError::new("/nameInCustomerPortal", Fault::Missing, None),
            ])
            .with_request_id(Some("9f-1"));
        assert_eq!(
            error.to_string(),
            "`POST /departments`: a value was refused (HTTP 422, `INVALID_DATA`): The data is invalid; `/name` \
             duplicate: in use; `/nameInCustomerPortal` missing; request id `9f-1`"
        );
        let error =
            ApiError::new(ErrorKind::DayLimit, "GET /teams").with_until_ms(Some(1_767_225_600_001));
        assert_eq!(
            error.to_string(),
            "`GET /teams`: the organization's calls of the day are used up; until 2026-01-01T00:00:01Z"
        );
    }

    #[test]
    fn server_texts_are_made_safe() {
        for (text, expected) in [
            ("a\u{1b}[31mred\u{1b}[0m b", "ared b"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]8;;http://example.com\u{1b}\\x", "x"),
            ("two\nlines\u{0}\u{9b}", "two lines"),
            ("\u{202e}abc\u{200b}", "abc"),
            ("\u{1b}", ""),
            ("\u{1b}[", ""),
            ("abcdefghijklmnop", "abcdefghij…"),
        ] {
            assert_eq!(plain(text, 10), expected, "{text:?}");
        }
        let long = ApiError::new(ErrorKind::Invalid, "GET /x").with_message(&"x".repeat(100_000));
        assert!(long.to_string().chars().count() < 600);
    }

    #[test]
    fn secrets_that_the_server_repeats_are_taken_out() {
        let mut error = ApiError::new(ErrorKind::Invalid, "POST /webhooks")
            .with_message("https://example.com/?key=hunter22 is down")
            .with_fields(vec![FieldError::new(
                "/url",
                Fault::Invalid,
                Some("hunter22"),
            )]);
        error.redact(["hunter22", ""]);
        assert!(!format!("{error} {error:?}").contains("hunter22"));
        assert!(error.to_string().contains("key=(secret) is down"));
    }

    #[test]
    fn secrets_are_found_in_other_clothes() {
        let secret = "a \"hunter\"&/2";
        for repeated in [
            secret,
            "a+%22hunter%22%26%2F2",
            "a%20%22hunter%22%26%2F2",
            r#"a \"hunter\"&/2"#,
        ] {
            let mut error = ApiError::new(ErrorKind::Invalid, "POST /oauth/v2/token")
                .with_message(&format!("code={repeated}&client_id=1 is wrong"));
            error.redact([secret, "hunter"]);
            assert!(
                error
                    .to_string()
                    .ends_with("code=(secret)&client_id=1 is wrong"),
                "{error}"
            );
        }
        for length in 0..12 {
            let mut text = format!("code={}…", &"hunter22xyz0"[..length]);
            hide(&mut text, "hunter22xyz0");
            let expected = match length {
                0..4 => format!("code={}…", &"hunter22xyz0"[..length]),
                _ => "code=(secret)…".to_owned(),
            };
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn case_19_what_came_is_said() {
        let failed = ApiError::new(ErrorKind::ServerError, "POST /webhooks").with_status(500);
        assert_eq!(
            failed.into_lost().to_string(),
            "`POST /webhooks`: it is not known what came of it (HTTP 500): the server failed"
        );
        let invalid = ApiError::new(ErrorKind::Invalid, "POST /webhooks").with_status(422);
        assert!(!invalid.hint().contains("named fields"));
        let named = invalid.with_fields(vec![FieldError::new("/url", Fault::Invalid, None)]);
        assert!(named.hint().contains("named fields"));
    }

    /// Of no kind a call with an unknown outcome tells its cause twice.
    #[test]
    fn what_was_lost_is_told_once() {
        for kind in ErrorKind::ALL {
            for message in [None, Some("reset")] {
                let mut error = ApiError::new(kind, "POST /departments");
                if let Some(message) = message {
                    error = error.with_message(message);
                }
                let lost = error.into_lost();
                assert_eq!(lost.kind(), ErrorKind::Lost);
                let told = lost.clone().into_lost().to_string();
                assert_eq!(told, lost.to_string());
                for cause in [kind.cause(), ErrorKind::Lost.cause()] {
                    assert_eq!(told.matches(cause).count(), 1, "{told}");
                }
                assert_eq!(told.ends_with("reset"), message.is_some(), "{told}");
            }
        }
    }
}
