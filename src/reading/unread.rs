//! Listings that failed, and the way out.

use crate::api::{ApiError, ErrorKind, Reader, scope};
use crate::dialect::Dialect;
use crate::kind::{Kind, find};

/// A listing that failed: then nothing may be concluded about what does not exist.
#[derive(Debug)]
pub struct Unread {
    /// The kind.
    pub collection: &'static str,
    /// The cause.
    pub error: ApiError,
    /// A scope that reading the kind needs.
    pub scope: Option<&'static str>,
    /// Whether `--exclude` does without it.
    pub is_dispensable: bool,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cannot be read: {}", self.collection, self.error)
    }
}

/// Tells a token that lacks a scope from one that is not accepted at all.
///
/// Source: users report that some operations answer a missing scope with 401. Where the same token is
/// still taken elsewhere, which one more call proves, a scope is what it lacks.
pub async fn told_apart(reader: &Reader, mut unread: Vec<Unread>) -> Vec<Unread> {
    let is_refused = |one: &Unread| one.error.kind() == ErrorKind::TokenInvalid;
    if let Some(refused) = unread.iter().find(|one| is_refused(one)) {
        let kind = reader.told_apart(refused.error.clone()).await.kind();
        for one in unread.iter_mut().filter(|one| is_refused(one)) {
            one.error = one.error.clone().with_kind(kind);
        }
    }
    let Some(granted) = reader.scopes() else {
        return unread;
    };
    for one in &mut unread {
        let api = find(one.collection).and_then(|kind| kind.api(reader.observed().dialect?));
        let Some(api) = api else { continue };
        let has = |scope: &&&str| scope::missing(&granted, &[scope]).is_empty();
        // Any one of them is enough, unless the server says that it is not.
        let lacking = api.scopes.read.iter().find(|scope| !has(scope));
        if one.error.kind() == ErrorKind::ScopeMissing {
            one.scope = lacking.copied().or(one.scope);
        } else if api.scopes.read.iter().any(|scope| has(&scope)) {
            one.scope = None;
        }
    }
    unread
}

impl Unread {
    pub(super) fn of(kind: &'static Kind, dialect: Dialect, error: ApiError) -> Self {
        let scope = kind.api(dialect).and_then(|api| api.scopes.read.first());
        Self {
            collection: kind.collection,
            error,
            scope: scope.copied(),
            is_dispensable: false,
        }
    }

    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        let is_kept_back = matches!(
            self.error.kind(),
            ErrorKind::ScopeMissing
                | ErrorKind::Forbidden
                | ErrorKind::NotFound
                | ErrorKind::LicenseLimited
        );
        let hint = self.way_out();
        if self.is_dispensable && is_kept_back {
            return format!("{hint}; `--exclude {}` exports the rest", self.collection);
        }
        hint
    }

    fn way_out(&self) -> String {
        match (self.error.kind(), self.scope) {
            (ErrorKind::ScopeMissing | ErrorKind::Forbidden | ErrorKind::NotFound, Some(scope)) => {
                format!(
                    "what cannot be read is not proved to be absent, so nothing is planned; grant the token `{scope}` and its user access to {}",
                    self.collection
                )
            }
            _ => self.error.hint().to_owned(),
        }
    }
}
