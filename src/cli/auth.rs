//! `deskform auth`.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use secrecy::ExposeSecret;

use super::common::{Failure, Workspace, block_on, https, remark};
use super::output::{print, print_as_it_is, tell};
use super::wait::MaxWait;
use super::{Global, choice, network};
use crate::api::auth::exchange_grant_code;
use crate::api::scope;
use crate::api::{Credentials, Organization};
use crate::clock::Clock;
use crate::config::Target;
use crate::dialect::Dialect;
use crate::kind::Kind;
use crate::live::Acting;
use crate::problem::{Code, Problem, exit};
use crate::reading::Uses;
use crate::safe::{mask, safe};

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
        /// The code that the API console generated; others on the machine can see arguments, so better leave
        /// it out: the code is read from standard input then
        #[arg(long, value_name = "CODE", conflicts_with = "save")]
        grant_token: Option<String>,
        /// Keep client and refresh token for later runs, in a file of yours alone or by the program of
        /// `DESKFORM_CREDENTIAL_COMMAND`; the code is read from standard input
        #[arg(long)]
        save: bool,
    },
    /// Forget what `auth login --save` keeps for this organization
    Logout,
    /// Check token, organization, scopes and edition
    Status {
        /// Fail unless every scope of the token is for reading
        #[arg(long)]
        read_only: bool,
        #[command(flatten)]
        wait: MaxWait,
    },
    /// Print the scopes that manifests and ledger need, to paste into the API console
    Scopes {
        /// For reading alone, as `plan` and `drift` need it
        #[arg(long)]
        read_only: bool,
        /// For these kinds and what they refer to, separated by commas, or for `all`
        #[arg(long, value_name = "KINDS", value_delimiter = ',')]
        kinds: Vec<String>,
    },
}

/// Logs in, or checks the token.
///
/// # Errors
/// [`Failure`] when the server refuses.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let workspace = Workspace::open(global)?;
    match &args.command {
        Command::Login { grant_token, save } => {
            login(global, &workspace, grant_token.as_deref(), *save)
        }
        Command::Logout => logout(global, &workspace),
        Command::Status { read_only, wait } => {
            workspace.max_wait.set(wait.max_wait);
            status(&workspace, *read_only)
        }
        Command::Scopes { read_only, kinds } => scopes(global, &workspace, *read_only, kinds),
    }
}

/// The longest grant code that is read, in bytes.
const MAX_CODE: u64 = 4096;

/// Reads the grant code: one line of standard input.
fn read_code() -> Result<String, Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        tell("Grant code of the API console: ");
    }
    let mut code = String::new();
    io::stdin().lock().take(MAX_CODE).read_line(&mut code)?;
    let code = code.trim();
    if code.is_empty() {
        return Err(Problem::error(
            Code::MissingCredentials,
            "no grant code came on standard input",
        )
        .help("paste the code of the API console, or hand it over as in `deskform auth login --save < FILE`")
        .into());
    }
    mask::hide([code]);
    Ok(code.to_owned())
}

fn logout(global: &Global, workspace: &Workspace) -> Result<u8, Failure> {
    let organization = &workspace.environment.org_id;
    let said = match workspace.erase_credentials()? {
        Some(place) => format!(
            "forgot the credentials of the organization `{organization}` in {place}; revoke the refresh token in the API console if somebody may have it"
        ),
        None => format!("no credentials are saved for the organization `{organization}`"),
    };
    remark(global, &said);
    Ok(exit::OK)
}

fn login(
    global: &Global,
    workspace: &Workspace,
    code: Option<&str>,
    save: bool,
) -> Result<u8, Failure> {
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
    if workspace.environment.is_client_grant() {
        return Err(Problem::error(
            Code::Conflict,
            format!(
                "the environment `{}` has `grant: client`, so that the client itself asks for tokens and nobody logs in",
                workspace.environment.name
            ),
        )
        .help("`deskform auth status` tries it")
        .into());
    }
    let client = workspace
        .environment
        .client(&workspace.credential_variables())
        .map_err(|problems| workspace.failure(problems))?;
    let Some((id, secret)) = client else {
        return Err(
            Problem::error(Code::MissingCredentials, "client id and secret are not set").into(),
        );
    };
    network::check(&workspace.endpoint()?)?;
    let code = match code {
        Some(code) => code.to_owned(),
        None => read_code()?,
    };
    let grant = block_on(async {
        Ok(exchange_grant_code(
            &*https(),
            &workspace.endpoint()?,
            &Clock::system(),
            &id,
            &secret,
            &code.into(),
        )
        .await?)
    })?;
    let scopes = grant.scopes.as_ref();
    let scopes = scopes.map(|scopes| format!("scopes: {}", safe(&scopes.join(", "))));
    if save {
        mask::hide([grant.refresh_token.expose_secret()]);
        let place = workspace.save_credentials(&Credentials {
            client_id: id,
            client_secret: secret,
            refresh_token: grant.refresh_token,
        })?;
        remark(
            global,
            &format!(
                "saved for the organization `{}` in {place}; what the environment sets counts before it",
                workspace.environment.org_id
            ),
        );
        if let Some(scopes) = &scopes {
            remark(global, scopes);
        }
        return Ok(exit::OK);
    }
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
    if let Some(scopes) = &scopes {
        remark(global, scopes);
    }
    Ok(exit::OK)
}

/// Prints the scopes that a token needs.
fn scopes(
    global: &Global,
    workspace: &Workspace,
    read_only: bool,
    kinds: &[String],
) -> Result<u8, Failure> {
    // Before the first token nobody knows the dialect of an API. Zoho's own has the one that Zoho
    // publishes, and no console takes a scope that it does not know; elsewhere the token has to do
    // for either.
    let is_zoho = matches!(
        &workspace.environment.target,
        Target::Live { endpoint: None, .. }
    );
    let dialects = match workspace.stated_dialect() {
        Some(dialect) => vec![dialect],
        None if is_zoho => vec![Dialect::default()],
        None => Dialect::ALL.to_vec(),
    };
    let chosen = choice::kinds(kinds).map_err(|problems| workspace.failure(problems.into()))?;
    let mut lists = Vec::new();
    if kinds.is_empty() {
        let desired = workspace.compose(global)?;
        let options = workspace.options(global, &[])?;
        let store = workspace.store()?;
        let view = block_on(workspace.look(&store))?;
        workspace.warn(global, &view.warnings);
        let prune = |kind: &Kind| options.prune(kind);
        let mut is_told = false;
        for dialect in dialects {
            let mut uses = Uses::of(&desired, &view.ledger, dialect, &prune);
            if uses.is_empty() {
                if !is_told {
                    remark(
                        global,
                        "neither manifests nor ledger use a kind, so these are the scopes for all kinds",
                    );
                }
                is_told = true;
                uses = Uses::everything();
            }
            lists.extend(uses.scopes(dialect, read_only));
        }
    } else {
        let uses = if chosen.are_all {
            Uses::everything()
        } else {
            Uses::of_kinds(&chosen.named)
        };
        for dialect in dialects {
            lists.extend(uses.scopes(dialect, read_only));
        }
    }
    print(&format!("{}\n", scope::fewest(&lists).join(",")))?;
    Ok(exit::OK)
}

/// What is wrong with the scopes of a token that is to read alone.
fn not_read_only(granted: Option<&[String]>) -> Option<Problem> {
    let Some(granted) = granted else {
        return Some(
            Problem::error(
                Code::ScopesUnknown,
                "the server does not tell the scopes of the token, so nothing proves that it cannot write",
            )
            .help("look in the API console which scopes its grant code was made with"),
        );
    };
    let writing = scope::writing(granted);
    if writing.is_empty() {
        return None;
    }
    let ticked: Vec<String> = writing
        .iter()
        .map(|scope| format!("`{}`", safe(scope)))
        .collect();
    Some(
        Problem::error(
            Code::CanWrite,
            format!("the token can write: it has {}", ticked.join(", ")),
        )
        .help(
            "make a new grant code with the scopes that `deskform auth scopes --read-only` prints",
        ),
    )
}

fn status(workspace: &Workspace, read_only: bool) -> Result<u8, Failure> {
    let told = told(workspace, read_only);
    if let Err(Failure::Elsewhere(_, reached)) = &told {
        print(&listed(reached, &workspace.environment.org_id))?;
    }
    let (text, refusal) = told?;
    print(&text)?;
    match refusal {
        Some(problem) => Err(problem.into()),
        None => Ok(exit::OK),
    }
}

/// The organizations that the token's user has; the configured one is marked.
fn listed(reached: &[Organization], configured: &str) -> String {
    let mut text = "organizations that the token's user has:\n".to_owned();
    for organization in reached {
        let (sign, words) = if organization.id == configured {
            ("*", ", configured here")
        } else {
            ("-", "")
        };
        let sandbox = if organization.is_sandbox() {
            ", a sandbox"
        } else {
            ""
        };
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "{sign} {} ({}){sandbox}{words}",
            safe(&organization.id),
            safe(&organization.name)
        );
    }
    text
}

/// What there is to say of the token, and what is wrong with it.
fn told(workspace: &Workspace, read_only: bool) -> Result<(String, Option<Problem>), Failure> {
    block_on(async {
        let connected = workspace.connect(None).await?;
        let session = &connected.session;
        let organization = &session.organization;
        let granted = session.client.authenticator().scopes();
        let refusal = read_only
            .then(|| not_read_only(granted.as_deref()))
            .flatten();
        let scopes = match granted {
            Some(scopes) => scopes.join(", "),
            None => "not told by the server".to_owned(),
        };
        let acting = session
            .admits()
            .await
            .map_err(|error| workspace.session_failure(error))?;
        let acting = match acting {
            Acting::Agent(agent) => agent.email,
            Acting::Untold => "not told by this dialect".to_owned(),
            Acting::Refused(why) => format!("not told: {why}"),
            Acting::Nobody => "nobody; the credentials are the client's own".to_owned(),
        };
        let token = match session.client.authenticator().cached_until() {
            // What asks for tokens was not tried: a wrong client secret would show only then.
            Some(until) => format!(
                "accepted; it is kept from an earlier run and good until {}, so client secret and refresh token were not tried",
                jiff::Timestamp::from_millisecond(until)
                    .unwrap_or_default()
                    .strftime("%Y-%m-%dT%H:%M:%SZ")
            ),
            None => "accepted".to_owned(),
        };
        let text = format!(
            "token: {token}\norganization: {} ({}){}\nedition: {}\ndialect: {}\ncalls at once: {}\nacting agent: {}\nscopes: {}\n",
            safe(&organization.id),
            safe(&organization.name),
            if organization.is_sandbox() {
                ", a sandbox"
            } else {
                ""
            },
            session.edition,
            session.dialect,
            session.parallelism,
            safe(&acting),
            safe(&scopes),
        );
        Ok((text, refusal))
    })
}
