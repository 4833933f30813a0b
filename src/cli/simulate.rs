//! `deskform simulate`.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::Global;
use super::common::{Failure, block_on, remark, report};
use super::files::{MAX_STATE, append_private, read_file, write_private};
use super::output::announce_as_it_is;
use super::signals::Signals;
use crate::clock::Clock;
use crate::dialect::{Dialect, Edition};
use crate::problem::{Code, Problem, exit};
use crate::simulator::faults::SpecError;
use crate::simulator::{
    Chosen, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_GRANT_CODE, Faults, OrganizationSeed,
    ReadingError, Settings, Simulator, demo_reading_token, demo_refresh_token, serve,
};

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 8800, value_parser = super::wait::whole::<u16>(0, 65_535))]
    port: u16,
    /// The dialect of the API
    #[arg(long, value_parser = dialect, default_value = "openapi")]
    dialect: Dialect,
    /// The edition: free, express, standard, professional, enterprise
    #[arg(long, value_parser = edition, default_value = "enterprise")]
    edition: Edition,
    /// An organization's id; several may be given
    #[arg(long = "organization", value_name = "ID", default_value = "700001")]
    organizations: Vec<String>,
    /// A file that keeps the state between runs
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// A file to which every request to the API is written, a line of JSON each; it holds whatever is sent
    ///
    /// Lines have `method`, `path`, `query` and `body`, and stand behind what the file holds. Secrets that
    /// manifests send stand there in clear.
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,
    /// Answer with the headers of rate limits; without them the dialect is harder to detect
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    limit_headers: bool,
    /// Faults to inject, such as `seed=7,probability=0.05` or `nth=3:lost-after`
    ///
    /// Parts are separated by commas. With the same seed and the same requests the same faults
    /// come. A fault `day-limit` or `token-revoked` holds until the simulator is started anew.
    ///
    /// `seed=N`; `probability=P` of a fault befalling a request, of the `kinds=A+B` (all that a run
    /// can get over, unless given); `budget=N` faults at most; rules `nth=N:FAULT`,
    /// `every=N:FAULT`, `write=N:FAULT`, `chance=P:FAULT`, `on=METHOD PATH:FAULT`,
    /// `token=N:FAULT`, each with `*TIMES` at its end if it is to be bounded; `quirks=A+B`;
    /// `list-lag=SECONDS` and `search-lag=SECONDS` for which new objects are missing, and
    /// `list-lag-reads=N` listings that miss them.
    ///
    /// Faults: not-sent, lost-before, lost-after, reset, 429[:SECONDS], minute-limit[:SECONDS],
    /// day-limit[:SECONDS], 400 to 599 but for 401 and 429, 500-after, html[:STATUS],
    /// html-after[:STATUS], truncated, cut-body, empty[:204], unstored, token-expired, token-revoked,
    /// slow[:SECONDS], not-stored, shift.
    ///
    /// Quirks: lower-case-emails, ids-as-numbers, booleans-as-strings, nulls, omit-nulls,
    /// empty-200, unknown-fields, duplicates-taken, days-as-numbers,
    /// sections-merge, pages-from-0, pages-from-1, dear-pages, limits-untold,
    /// edition-unshown, keeps-left-out.
    #[arg(long, value_name = "SPEC", value_parser = faults)]
    faults: Option<Box<Faults>>,
    /// How a fact is read that nobody has published, such as `layout-sections=kept`; repeatable
    ///
    /// What is not named is answered as the simulator takes it to be. `deskform doctor` tells which reading
    /// holds in an organization.
    ///
    /// Facts and their readings: pages=0|1, prices=lower|higher, limits=told|untold,
    /// edition=shown|unshown, layout-sections=lost|kept, left-out=lost|kept,
    /// empty-values=null|left-out|mixed, empty-lists=204|200, ids=texts|numbers,
    /// flags=booleans|texts, days=texts|numbers, addresses=kept|lowered,
    /// duplicates=refused|taken.
    #[arg(long = "reading", value_name = "FACT=READING", value_parser = chosen)]
    readings: Vec<Chosen>,
}

fn dialect(text: &str) -> Result<Dialect, String> {
    Dialect::named(text).ok_or_else(|| "must be `openapi` or `guide`".to_owned())
}

fn edition(text: &str) -> Result<Edition, String> {
    crate::api::organization::edition(text).ok_or_else(|| {
        "must be `free`, `express`, `standard`, `professional` or `enterprise`".to_owned()
    })
}

fn faults(text: &str) -> Result<Box<Faults>, SpecError> {
    Faults::parse(text).map(Box::new)
}

fn chosen(text: &str) -> Result<Chosen, ReadingError> {
    text.parse()
}

/// The faults with the readings that were chosen.
fn with_readings(args: &Args) -> Result<Option<Faults>, Problem> {
    let mut faults = args.faults.as_deref().cloned();
    for (n, chosen) in args.readings.iter().enumerate() {
        let quirks = faults.as_ref().map(|faults| faults.quirks().clone());
        let mut quirks = quirks.unwrap_or_default();
        let earlier = args.readings.iter().take(n);
        let mut earlier = earlier.filter(|one| one.doubt == chosen.doubt);
        let other = earlier.find(|one| one.reading != chosen.reading);
        let other = other.map(|one| one.reading.name);
        let other = other.or_else(|| {
            let told = quirks.chosen(chosen.doubt);
            told.filter(|told| *told != chosen.reading.name)
        });
        if let Some(other) = other {
            let name = chosen.doubt.name;
            return Err(Problem::error(
                Code::Usage,
                format!(
                    "`{name}` is read in two ways: `{other}` and `{}`",
                    chosen.reading.name
                ),
            )
            .help("say one of them; a quirk of `--faults` may be the same as a reading"));
        }
        quirks.read_as(*chosen);
        let seeded = faults.unwrap_or_else(|| Faults::new(1));
        faults = Some(seeded.with_quirks(quirks));
    }
    Ok(faults)
}

/// Serves a simulated Zoho Desk until it is stopped.
///
/// # Errors
/// [`Failure`] when the port is taken or the state cannot be read.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    if let Some(bad) = args
        .organizations
        .iter()
        .find(|id| id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(Problem::error(
            Code::Organization,
            format!("`{bad}` is not an organization's id"),
        )
        .help("ids are digits, such as `700001`")
        .into());
    }
    let faults = with_readings(args)?;
    let mut simulator = load(args)?;
    if let Some(faults) = faults {
        simulator.set_faults(faults);
    }
    if let Some(path) = &args.requests {
        simulator.record_to(Box::new(append_private(path)?));
    }
    let simulator = Arc::new(Mutex::new(simulator));
    block_on(async {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .map_err(|error| {
                Failure::from(
                    Problem::error(
                        Code::Port,
                        format!("port {} cannot be used: {error}", args.port),
                    )
                    .help("choose another one with `--port`"),
                )
            })?;
        let address = listener.local_addr()?;
        let mut signals = Signals::new()?;
        announce_as_it_is(global, &greeting(args, address));
        let (state, quiet) = (args.state.clone(), global.clone());
        let save = move |simulator: &Simulator| {
            if let Some(path) = &state
                && let Err(failure) = write_private(path, simulator.save().as_bytes())
            {
                report(&quiet, &failure);
            }
        };
        let stop = async {
            signals.next().await;
        };
        serve::serve(simulator, listener, Clock::system(), save, stop).await?;
        remark(global, "stopped");
        Ok(exit::OK)
    })
}

fn load(args: &Args) -> Result<Simulator, Failure> {
    if let Some(path) = &args.state
        && let Some(bytes) = read_file(path, MAX_STATE)?
    {
        let text = String::from_utf8_lossy(&bytes);
        let simulator = Simulator::load(&text).map_err(|error| {
            Problem::error(
                Code::SimulatorState,
                format!("`{}` cannot be used: {error}", path.display()),
            )
            .help("delete the file to begin anew")
        })?;
        if simulator.settings().dialect != args.dialect {
            return Err(Problem::error(
                Code::SimulatorState,
                format!(
                    "`{}` was made for the dialect `{}`",
                    path.display(),
                    simulator.settings().dialect
                ),
            )
            .help("delete the file, or choose that dialect")
            .into());
        }
        return Ok(simulator);
    }
    Ok(Simulator::new(Settings {
        dialect: args.dialect,
        edition: args.edition,
        organizations: args
            .organizations
            .iter()
            .map(|id| OrganizationSeed {
                is_sandbox: true,
                ..OrganizationSeed::new(id)
            })
            .collect(),
        rate_limit_headers: args.limit_headers,
        ..Settings::default()
    }))
}

fn greeting(args: &Args, address: SocketAddr) -> String {
    let mut text = format!(
        "simulating Zoho Desk ({} dialect, {} edition) on http://{address}\n\
         statistics: http://{address}{}\n\
         client id: {DEMO_CLIENT_ID}\n\
         client secret: {DEMO_CLIENT_SECRET}\n\
         grant code: {DEMO_GRANT_CODE}\n",
        args.dialect,
        args.edition,
        serve::STATISTICS_PATH,
    );
    if let Some(faults) = &args.faults {
        // Writing into a text does not fail.
        let _ = writeln!(text, "faults: {faults}");
    }
    for chosen in &args.readings {
        let _ = writeln!(text, "reading: {chosen}");
    }
    for id in &args.organizations {
        let _ = writeln!(
            text,
            "a token for reading alone, of organization {id}: {}",
            demo_reading_token(id)
        );
        let _ = writeln!(
            text,
            "refresh token of organization {id}: {}",
            demo_refresh_token(id)
        );
    }
    if let Some(id) = args.organizations.first() {
        let _ = write!(
            text,
            "\nin deskform.yaml:\n  \
             simulated:\n    \
             endpoint: {{desk: \"http://{address}\", accounts: \"http://{address}\"}}\n    \
             orgId: \"{id}\"\n\
             in the shell:\n  \
             export ZOHO_CLIENT_ID={DEMO_CLIENT_ID}\n  \
             export ZOHO_CLIENT_SECRET={DEMO_CLIENT_SECRET}\n  \
             export ZOHO_REFRESH_TOKEN={}\n",
            demo_refresh_token(id)
        );
    }
    text
}
