//! Two organizations are read with two logins.

use crate::cli::common::{Failure, Workspace};
use crate::config::Target;
use crate::problem::{Code, Problem, ticked};

/// Refuses two environments of organizations that would be read with the same login, or that are one
/// organization: a refresh token belongs to one.
///
/// What is saved on the machine is kept by organization, so that environments may share the names of variables
/// that are not set.
pub(super) fn refuse_shared(a: &Workspace, b: &Workspace) -> Result<(), Failure> {
    let (one, other) = (&a.environment, &b.environment);
    let is_live = |target: &Target| matches!(target, Target::Live { .. });
    if !is_live(&one.target) || !is_live(&other.target) {
        return Ok(());
    }
    let names = format!("`{}` and `{}`", one.name, other.name);
    if one.org_id == other.org_id && a.endpoint()?.accounts() == b.endpoint()?.accounts() {
        return Err(a.failure(
            Problem::error(
                Code::SameSides,
                format!("{names} are one organization, `{}`", one.org_id),
            )
            .at(one.place.clone(), "one environment")
            .at(other.place.clone(), "the other one")
            .help("name environments of two organizations")
            .into(),
        ));
    }
    let is_set = |workspace: &Workspace| {
        let variables = workspace.credential_variables();
        matches!(workspace.environment.credentials(&variables), Ok(Some(_)))
    };
    if !one.has_credentials_of(other) || !is_set(a) {
        return Ok(());
    }
    let variables = one.credential_names();
    Err(a.failure(
        Problem::error(
            Code::SharedCredentials,
            format!(
                "{names} read the same credential variables, {}, and a token belongs to one organization",
                ticked(&variables, "and")
            ),
        )
        .at(one.place.clone(), "read here")
        .at(other.place.clone(), "and here")
        .help("give each its own: `refreshToken: ${secret.${environment}_TOKEN}` under `defaults: {credentials: …}`")
        .into(),
    ))
}
