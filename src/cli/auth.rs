//! `deskform auth`.

use secrecy::ExposeSecret;

use super::Global;
use super::common::{Failure, Workspace, block_on, environment_variable, https, remark};
use super::output::{print, print_as_it_is};
use crate::api::auth::exchange_grant_code;
use crate::clock::Clock;
use crate::config::Target;
use crate::problem::{Code, Problem, exit};
use crate::safe::safe;

/// Arguments of `auth`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Exchange the grant code of a self client for a refresh token
    Login {
        /// The code that the API console generated
        #[arg(long, value_name = "CODE")]
        grant_token: String,
    },
    /// Check token, organization, scopes and edition
    Status,
}

/// Logs in, or checks the token.
///
/// # Errors
/// [`Failure`] when the server refuses.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    match &args.command {
        Command::Login { grant_token } => login(global, &workspace, grant_token),
        Command::Status => status(&workspace),
    }
}

fn login(global: &Global, workspace: &Workspace, code: &str) -> Result<u8, Failure> {
    if matches!(workspace.environment.target, Target::Simulator { .. }) {
        return Err(Problem::error(
            Code::Simulated,
            format!(
                "the environment `{}` is simulated and needs no login",
                workspace.environment.name
            ),
        )
        .help("choose an environment with `-e`")
        .into());
    }
    let client = workspace
        .environment
        .client(&environment_variable)
        .map_err(|problems| workspace.failure(problems))?;
    let Some((id, secret)) = client else {
        return Err(
            Problem::error(Code::MissingCredentials, "client id and secret are not set").into(),
        );
    };
    let grant = block_on(async {
        Ok(exchange_grant_code(
            &*https(),
            &workspace.endpoint()?,
            &Clock::system(),
            &id,
            &secret,
            &code.to_owned().into(),
        )
        .await?)
    })?;
    let variable = workspace
        .environment
        .refresh_token_variable()
        .unwrap_or("ZOHO_REFRESH_TOKEN");
    // The token is this command's result: it is shown once, and kept nowhere.
    print_as_it_is(&format!("{}\n", grant.refresh_token.expose_secret()))?;
    remark(
        global,
        &format!(
            "this is the refresh token; it does not expire: store it as the secret `{variable}` of your shell or pipeline"
        ),
    );
    if let Some(scopes) = &grant.scopes {
        remark(global, &format!("scopes: {}", safe(&scopes.join(", "))));
    }
    Ok(exit::OK)
}

fn status(workspace: &Workspace) -> Result<u8, Failure> {
    let text = block_on(async {
        let connected = workspace.connect(None).await?;
        let session = &connected.session;
        let organization = &session.organization;
        let scopes = match session.client.authenticator().scopes() {
            Some(scopes) => scopes.join(", "),
            None => "not told by the server".to_owned(),
        };
        let acting = match session.acting_agent().await? {
            Some(agent) => agent.email,
            None => "not told by this dialect".to_owned(),
        };
        Ok(format!(
            "token: accepted\norganization: {} ({}){}\nedition: {}\ndialect: {}\ncalls at once: {}\nacting agent: {}\nscopes: {}\n",
            safe(&organization.id),
            safe(&organization.name),
            if organization.is_sandbox {
                ", a sandbox"
            } else {
                ""
            },
            session.edition,
            session.dialect,
            session.parallelism,
            safe(&acting),
            safe(&scopes),
        ))
    })?;
    print(&text)?;
    Ok(exit::OK)
}
