//! A session with one organization: who it is, which dialect it speaks, what it allows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::Value as Json;

use crate::api::{
    ApiError, Authenticator, Client, Endpoint, ErrorKind, Login, Method, Organization, Reader,
    Reads, Request, Setup, TokenCache, Transport, scope,
};
use crate::clock::Clock;
use crate::codec::{self, id_text};
use crate::config::Prune;
use crate::dialect::{Dialect, Edition};
use crate::kind::{self, Kind};
use crate::ledger::Entry;
use crate::live::{Acting, ActingAgent, Live};
use crate::manifest::Desired;
use crate::plan::bound::{Bound, place};
use crate::plan::forecast::{Basis, Forecast, Reading};
use crate::plan::guards::of_edition;
use crate::plan::in_dialect::check_dialect;
use crate::plan::look_alike::look_alikes;
use crate::plan::matching::{bind, bind_what_is_clear};
use crate::plan::ownership::{Owned, own};
use crate::plan::row::Rows;
use crate::plan::task::Task;
use crate::plan::tasks::{Planned, plan};
use crate::plan::{Compared, Options, Plan, Refusal, placeholders, quota, record, uses};
use crate::problem::{Code, Problem, Severity};
use crate::reading::{
    Needs, Unread, all_apart, ask, complete, complete_apart, fetch, fetch_missing, fetch_named,
    fetch_standards, incomplete, lacking_apart, lacking_in_listings, partial, prove_referred, read,
    referred, told_apart,
};
use crate::state::{Address, FieldPath};
use crate::verb::Verb;

/// What a session is opened with.
pub struct Connection {
    /// The two hosts.
    pub endpoint: Endpoint,
    /// The organization's id.
    pub organization: String,
    /// What tokens are made with.
    pub credentials: Login,
    /// What carries requests.
    pub transport: Arc<dyn Transport>,
    /// The clock.
    pub clock: Clock,
    /// Where tokens are kept between runs.
    pub cache: Option<TokenCache>,
    /// The dialect, if it is not to be detected.
    pub dialect: Option<Dialect>,
    /// The edition, if it is not to be asked for.
    pub edition: Option<Edition>,
    /// Calls at once, if fewer than the edition allows.
    pub parallelism: Option<usize>,
    /// The seed of the random pauses between repetitions; none draws one.
    pub seed: Option<u64>,
    /// How long an object may take to appear in its listing.
    pub settle: Duration,
    /// The longest wait for a limit; none is five minutes.
    pub max_wait: Option<Duration>,
}

/// An open session.
#[derive(Debug)]
pub struct Session {
    /// The client.
    pub client: Client,
    /// The dialect that the organization's API speaks.
    pub dialect: Dialect,
    /// The organization.
    pub organization: Organization,
    /// All organizations that the token's user has; the token itself is bound to one.
    pub reached: Vec<Organization>,
    /// Its edition; the smallest where nothing tells it.
    pub edition: Edition,
    /// Whether the edition is stated or shown, so that its limits may be held against a plan.
    pub is_edition_known: bool,
    /// How many calls may be under way at once.
    pub parallelism: usize,
    /// The clock.
    pub clock: Clock,
    /// What opening the session read.
    pub preflight: Reading,
    /// How long an object may take to appear in its listing.
    pub settle: Duration,
}

/// Why a session cannot be opened or used.
#[derive(Debug)]
pub enum SessionError {
    /// A call failed.
    Api(Box<ApiError>),
    /// The organization does not take the token, whose user has these organizations.
    Elsewhere(Box<ApiError>, Vec<Organization>),
    /// The input or the organization has problems.
    Problems(Vec<Problem>),
    /// Guards refuse the plan, which can be shown.
    Guarded(Vec<Problem>, Box<Plan>),
    /// Kinds could not be read, so that absence is not proved.
    Unread(Vec<Unread>),
}

impl From<ApiError> for SessionError {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<Vec<Problem>> for SessionError {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Problems(problems)
    }
}

impl From<Refusal> for SessionError {
    fn from(refusal: Refusal) -> Self {
        match refusal.plan {
            Some(plan) => Self::Guarded(refusal.problems, plan),
            None => Self::Problems(refusal.problems),
        }
    }
}

/// A plan with the state it was made from.
#[derive(Debug)]
pub struct Ready {
    /// The plan and its tasks.
    pub planned: Planned,
    /// What was read.
    pub live: Live,
    /// Which live object each declared resource is, and both sides as they were compared.
    pub bound: Bound,
    /// What was found when both sides were shaped to be compared.
    pub owned: Owned,
    /// What the ledger owns and does not exist any more.
    pub absent: Vec<Address>,
    /// Warnings that came up.
    pub warnings: Vec<Problem>,
    /// Scopes that the steps need and the token lacks.
    pub missing_scopes: Vec<String>,
    begun: Begun,
}

/// When reading for a plan began, and what had been read by then.
#[derive(Debug, Clone, Copy)]
struct Begun {
    ms: i64,
    reads: Reads,
}

impl Ready {
    /// Forecasts the writes alone, for an apply that goes on from here: what it reads is read.
    ///
    /// # Errors
    /// The refusal, when the day's budget cannot carry them.
    pub fn check_budget(&mut self, session: &Session) -> Result<(), Box<Problem>> {
        let forecast = session.forecast(&self.planned.tasks, Reading::default());
        let refusal = forecast.as_ref().and_then(Forecast::refusal);
        self.planned.plan.forecast = forecast;
        refusal.map_or(Ok(()), |problem| Err(Box::new(problem)))
    }
}

fn not_compared(rows: &Rows) -> impl Iterator<Item = Problem> {
    rows.lacking_secrets().into_iter().map(|address| {
        Problem::warning(
            Code::NotCompared,
            format!("`{address}` holds a secret that is not set; that part was not compared"),
        )
        .help("set the environment variable; apply refuses without it")
    })
}

/// Fields whose values no answer shows, each once with the resources that have it.
fn not_shown(owned: &Owned) -> Vec<Problem> {
    let warnings = by_field(&owned.unknown)
        .into_iter()
        .map(|((collection, path), of)| {
            Problem::warning(
                Code::NotShown,
                format!(
                    "no answer shows `{path}` of {}; it is taken to be as it was applied",
                    whose(&of)
                ),
            )
            .help(format!(
                "give the token's user the permission to see the field `{path}` of {collection}"
            ))
        });
    warnings.collect()
}

/// Texts that the server may have rewritten, where no ledger tells what it has stored: each field once, with
/// the resources that have it.
fn cannot_tell(desired: &Desired, owned: &Owned) -> Vec<Problem> {
    let warnings = by_field(&owned.rewritten).into_iter().map(|((_, path), of)| {
        let problem = Problem::warning(
            Code::CannotTell,
            format!(
                "the live `{path}` of {} differs from what is declared; nothing tells whether somebody changed it or Zoho Desk rewrote what was sent",
                whose(&of)
            ),
        );
        let declared = of.iter().map(|(address, path)| place(desired, address, path.field));
        declared
            .fold(problem, |problem, place| problem.at(place, "declared here"))
            .help("an apply with a ledger remembers what Zoho Desk makes of it; until then it is left as it is")
    });
    warnings.collect()
}

/// Refuses with problems, where there are some.
fn refuse(problems: Vec<Problem>) -> Result<(), SessionError> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}

/// A field of a collection as manifests write it.
type Written<'o> = (&'o str, String);

/// Places of resources by the field that they are, as manifests write it.
fn by_field(places: &[(Address, FieldPath)]) -> BTreeMap<Written<'_>, Vec<&(Address, FieldPath)>> {
    let mut fields: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for place in places {
        let (address, path) = place;
        let path = match kind::find(address.collection) {
            Some(kind) => codec::written(kind, path).to_string(),
            None => path.to_string(),
        };
        fields
            .entry((address.collection, path))
            .or_default()
            .push(place);
    }
    fields
}

/// The first of some resources, and how many more there are.
fn whose(of: &[&(Address, FieldPath)]) -> String {
    let first = of.first().map(|(address, _)| format!("`{address}`"));
    let first = first.unwrap_or_default();
    match of.len() {
        1 => first,
        count => format!("{first} and {} more", count - 1),
    }
}

/// Words of live objects that deskform does not know, where it cannot tell whether they are others.
fn strange_words(desired: &Desired, owned: &Owned) -> Vec<Problem> {
    let warnings = owned.strange.iter().map(|(address, path, word)| {
        Problem::warning(
            Code::StrangeWord,
            format!(
                "the live `{path}` of `{address}` is `{word}`, which deskform does not know; it is not compared"
            ),
        )
        .at(place(desired, address, path.field), "declared here")
        .help("it may be another spelling of the same; look in Zoho Desk, and report the word")
    });
    warnings.collect()
}

impl Session {
    /// Opens a session: one call, two where the dialect shows in no header.
    ///
    /// # Errors
    /// [`SessionError`] when the organization cannot be reached or is not the one meant.
    pub async fn open(connection: Connection) -> Result<Self, SessionError> {
        let authenticator = Arc::new(Authenticator::new(
            connection.credentials,
            connection.endpoint.clone(),
            Arc::clone(&connection.transport),
            connection.clock,
            connection.cache.as_ref(),
        ));
        let begun_ms = connection.clock.now_ms();
        let client = Client::new(Setup {
            endpoint: connection.endpoint,
            organization: Some(connection.organization.clone()),
            authenticator,
            transport: connection.transport,
            clock: connection.clock,
            concurrency: None,
            seed: connection.seed,
        })?;
        if let Some(longest) = connection.max_wait {
            client.set_max_wait(longest);
        }
        let reader = client.reader();
        let organizations = reader.organizations().await?;
        let Some(organization) = organizations
            .iter()
            .find(|organization| organization.id == connection.organization)
            .cloned()
        else {
            let known: Vec<String> = organizations
                .iter()
                .map(|organization| format!("`{}` ({})", organization.id, organization.name))
                .collect();
            return Err(vec![
                Problem::error(
                    Code::UnknownOrganization,
                    format!(
                        "the token reaches no organization with the id `{}`",
                        connection.organization
                    ),
                )
                .help(if known.is_empty() {
                    "it reaches none at all; check the account the token was made with".to_owned()
                } else {
                    format!(
                        "it reaches {}; correct `orgId` in deskform.yaml",
                        known.join(", ")
                    )
                }),
            ]
            .into());
        };
        let dialect = match detect(&reader, connection.dialect).await {
            Err(SessionError::Api(error)) if error.kind() == ErrorKind::OrganizationMismatch => {
                return Err(SessionError::Elsewhere(error, organizations));
            }
            detected => detected?,
        };
        let known = connection.edition.or(organization.edition);
        let edition = known.unwrap_or(Edition::Free);
        let allowed = edition.concurrency(dialect);
        let parallelism = connection
            .parallelism
            .map_or(allowed, |wanted| wanted.clamp(1, allowed));
        client.set_concurrency(parallelism);
        tracing::debug!(%dialect, %edition, parallelism, "session open");
        let preflight = Reading {
            reads: client.observed().reads,
            ms: since(begun_ms, &connection.clock),
        };
        Ok(Self {
            client,
            dialect,
            organization,
            reached: organizations,
            edition,
            is_edition_known: known.is_some(),
            parallelism,
            clock: connection.clock,
            preflight,
            settle: connection.settle,
        })
    }

    /// The agent in whose name deskform works, where the API tells.
    ///
    /// Source: Agent, `getMyInfo`.
    ///
    /// # Errors
    /// The call's error.
    pub async fn acting_agent(&self) -> Result<Acting, ApiError> {
        if self.client.authenticator().is_of_nobody() {
            return Ok(Acting::Nobody);
        }
        let acting = kind::acting().and_then(|kind| kind.api(self.dialect)?.acting);
        let Some(acting) = acting else {
            return Ok(Acting::Untold);
        };
        let reader = self.client.reader();
        let answer = match reader.get(&Request::new(Method::Get, acting.path)).await {
            Ok(answer) => answer,
            Err(error) => {
                let error = reader.told_apart(error).await;
                // Some organizations have no such operation, and not every token may ask.
                if error.is_forbidden() {
                    tracing::debug!(%error, "it is not told who is acting");
                    return Ok(Acting::Refused(error.to_string()));
                }
                return Err(error);
            }
        };
        let agent = answer.body.and_then(|body| {
            Some(ActingAgent {
                id: body.get("id").and_then(id_text)?,
                email: body.get(acting.email).and_then(Json::as_str)?.to_owned(),
            })
        });
        Ok(agent.map_or_else(
            || {
                Acting::Refused(format!(
                    "`GET {}` was answered without an agent",
                    acting.path
                ))
            },
            Acting::Agent,
        ))
    }

    /// Asks the organization itself whether it takes the token, and who is acting, where the API tells.
    ///
    /// # Errors
    /// [`SessionError::Elsewhere`] where it does not take it; the call's error where only its answer
    /// tells who is acting.
    pub async fn admits(&self) -> Result<Acting, SessionError> {
        let asks_nobody = self.client.authenticator().is_of_nobody();
        let answer = match kind::acting().and_then(|kind| kind.api(self.dialect)) {
            Some(api) if api.acting.is_none() || asks_nobody => {
                let one = Request::new(Method::Get, api.listing.path()).query("limit", "1");
                match self.client.reader().get(&one).await {
                    Err(error) if error.kind() == ErrorKind::OrganizationMismatch => Err(error),
                    // Whatever else was answered, the token belongs here.
                    _ if asks_nobody => Ok(Acting::Nobody),
                    _ => Ok(Acting::Untold),
                }
            }
            _ => self.acting_agent().await,
        };
        answer.map_err(|error| match error.kind() {
            ErrorKind::OrganizationMismatch => {
                SessionError::Elsewhere(Box::new(error), self.reached.clone())
            }
            _ => error.into(),
        })
    }

    /// Reads the organization and compares it, without planning.
    ///
    /// What is unclear is told beside what is not: nothing may be changed after such a comparison.
    ///
    /// # Errors
    /// [`SessionError`] when something cannot be read or the dialect refuses the manifests.
    pub async fn compare(
        &self,
        desired: &Desired,
        options: &Options,
    ) -> Result<Compared, SessionError> {
        let mut warnings = self.check_dialect(desired)?;
        let needs = self.needs(desired, options);
        let (mut live, absent) = self.read_owned(desired, &needs, options).await?;
        let (mut bound, mut problems) = bind_what_is_clear(desired, &mut live, options);
        problems.extend(bound.held.iter().map(|held| held.problem.clone()));
        let asked = self.complete_bound(desired, &mut live, &mut bound.rows);
        warnings.extend(asked.await?);
        let owned = own(desired, &mut bound.rows, &live, options);
        warnings.extend(not_compared(&bound.rows));
        warnings.extend(not_shown(&owned));
        warnings.extend(cannot_tell(desired, &owned));
        warnings.extend(strange_words(desired, &owned));
        Ok(Compared {
            live,
            bound,
            owned,
            absent,
            warnings,
            problems,
        })
    }

    /// Reads the organization and plans.
    ///
    /// # Errors
    /// [`SessionError`] with everything that is in the way; nothing was written.
    pub async fn plan(&self, desired: &Desired, options: &Options) -> Result<Ready, SessionError> {
        let warnings = self.check_dialect(desired)?;
        let begun = Begun {
            ms: self.clock.now_ms(),
            reads: self.client.observed().reads,
        };
        let needs = self.needs(desired, options);
        let (live, absent) = self.read_owned(desired, &needs, options).await?;
        let read = (live, absent, begun);
        Box::pin(self.plan_of_read(read, warnings, desired, options)).await
    }

    /// Plans again from what was read for a plan: the ledger has since learned that something which
    /// was read is its own. Nothing that was read is asked for again.
    ///
    /// # Errors
    /// [`SessionError`] with everything that is in the way; nothing was written.
    pub async fn plan_again(
        &self,
        ready: Ready,
        desired: &Desired,
        options: &Options,
    ) -> Result<Ready, SessionError> {
        let warnings = self.check_dialect(desired)?;
        let Ready {
            mut live,
            mut absent,
            begun,
            ..
        } = ready;
        live.unbind();
        // What the ledger owns under an address may be another object by now, which is there.
        absent.retain(|address| {
            let entry = (options.ledger.as_ref()).and_then(|ledger| ledger.get(address));
            let mut ids = entry.into_iter().flat_map(Entry::ids);
            !ids.any(|id| live.find_id(address.collection, id).is_some())
        });
        let read = (live, absent, begun);
        Box::pin(self.plan_of_read(read, warnings, desired, options)).await
    }

    async fn plan_of_read(
        &self,
        (mut live, absent, begun): (Live, Vec<Address>, Begun),
        mut warnings: Vec<Problem>,
        desired: &Desired,
        options: &Options,
    ) -> Result<Ready, SessionError> {
        let mut bound = bind(desired, &mut live, options)?;
        let asked = self.complete_bound(desired, &mut live, &mut bound.rows);
        warnings.extend(asked.await?);
        let reader = self.client.reader();
        let fetched = fetch_standards(&reader, &mut live, desired, &bound.rows).await;
        self.or_unread(fetched).await?;
        let owned = own(desired, &mut bound.rows, &live, options);
        let mut options = options.clone();
        // Where nothing tells it the server decides.
        let known = self.is_edition_known.then_some(self.edition);
        options.limits.edition = options.limits.edition.or(known);
        let noted = |plan: &mut Plan| {
            record::note(plan, desired, &bound.rows, &live, &absent, &options);
        };
        let planned = plan(desired, &bound, &owned, &live, &options);
        let mut planned = planned.map_err(|mut refusal| {
            // What is refused is shown, and held against what was agreed to.
            refusal.plan.as_deref_mut().map(noted);
            refusal
        })?;
        self.check_room(&planned.tasks, &bound.rows, &live, &options)
            .await?;
        if !desired.is_lenient {
            self.check_placeholders(&planned, desired, &bound.rows, &live)
                .await?;
        }
        let still_used = self.still_used(&planned, &bound.rows, &live).await?;
        let reading = Reading {
            reads: (self.client.observed().reads.since(begun.reads)).and(self.preflight.reads),
            ms: since(begun.ms, &self.clock).saturating_add(self.preflight.ms),
        };
        planned.plan.forecast = self.forecast(&planned.tasks, reading);
        if let Some(forecast) = &mut planned.plan.forecast {
            forecast.ways.clone_from(&live.choices);
        }
        noted(&mut planned.plan);
        warnings.append(&mut planned.warnings);
        warnings.extend(not_compared(&bound.rows));
        warnings.extend(not_shown(&owned));
        warnings.extend(cannot_tell(desired, &owned));
        warnings.extend(strange_words(desired, &owned));
        warnings.extend(look_alikes(desired, &bound.rows, &live));
        warnings.extend(may_be_acting(&planned, &live));
        warnings.extend(still_used);
        let missing_scopes = self.missing_scopes(&planned);
        Ok(Ready {
            planned,
            live,
            bound,
            owned,
            absent,
            warnings,
            missing_scopes,
            begun,
        })
    }

    /// Refuses a plan that would make more objects, or have more in use, than there is room for.
    ///
    /// What a call does not tell is not checked, unless the edition tells it.
    async fn check_room(
        &self,
        tasks: &[Task],
        rows: &Rows,
        live: &Live,
        options: &Options,
    ) -> Result<(), SessionError> {
        let wanted = quota::wanted(tasks, rows, live);
        let told = self
            .ask_all(wanted, |wanted| wanted.request.clone())
            .await?;
        let problems = told
            .iter()
            .flat_map(|(wanted, told)| quota::too_many(wanted, told, tasks, rows, live.dialect));
        let mut problems: Vec<Problem> = problems.collect();
        let is_told = |kind: &Kind| {
            let mut of_kind = told.iter().filter(|(wanted, _)| *wanted.kind == *kind);
            of_kind.any(|(wanted, told)| quota::tells_all(wanted, told))
        };
        problems.extend(of_edition(tasks, rows, live, &options.limits, &is_told));
        refuse(problems)
    }

    /// Refuses a plan that would send placeholders that Zoho Desk does not have.
    ///
    /// What a call does not tell is not checked.
    async fn check_placeholders(
        &self,
        planned: &Planned,
        desired: &Desired,
        rows: &Rows,
        live: &Live,
    ) -> Result<(), SessionError> {
        let request = |asked: &placeholders::Asked| {
            let query = asked.query.iter();
            let request = Request::new(Method::Get, asked.call.path);
            query.fold(request, |request, (name, value)| {
                request.query(*name, value.as_str())
            })
        };
        let told = self
            .ask_all(placeholders::asked(planned, rows, live), request)
            .await?;
        let problems = told
            .iter()
            .flat_map(|(asked, told)| placeholders::unknown(asked, told, desired));
        refuse(problems.collect())
    }

    /// Warns of what uses the objects that a plan takes away.
    ///
    /// What a call does not tell is not known.
    async fn still_used(
        &self,
        planned: &Planned,
        rows: &Rows,
        live: &Live,
    ) -> Result<Vec<Problem>, SessionError> {
        let asked = uses::asked(planned, rows, live);
        let told = self.ask_all(asked, |asked| asked.request.clone()).await?;
        Ok(uses::still_used(&told, planned, rows, live))
    }

    /// What calls tell, beside what each was asked for; without those that the token may not make, or that
    /// have nothing to tell: not every module has a count.
    async fn ask_all<A>(
        &self,
        asked: Vec<A>,
        request: impl Fn(&A) -> Request,
    ) -> Result<Vec<(A, Json)>, SessionError> {
        let reader = self.client.reader();
        let calls = asked
            .into_iter()
            .map(async |asked| match reader.get(&request(&asked)).await {
                Ok(answer) => Ok(Some((asked, answer.body.unwrap_or_default()))),
                Err(error) if error.is_no_answer() => Ok(None),
                Err(error) => Err(SessionError::from(error)),
            });
        Ok(try_join_all(calls).await?.into_iter().flatten().collect())
    }

    /// Forecasts what the tasks cost from now on, with what will be read before the first write.
    #[must_use]
    pub fn forecast(&self, tasks: &[Task], reading: Reading) -> Option<Forecast> {
        Forecast::of(
            tasks,
            &Basis {
                dialect: self.dialect,
                reading,
                observed: self.client.observed(),
                concurrency: self.parallelism,
                now_ms: self.clock.now_ms(),
            },
        )
    }

    /// The warnings about what the dialect lacks.
    fn check_dialect(&self, desired: &Desired) -> Result<Vec<Problem>, SessionError> {
        let (errors, warnings): (Vec<_>, Vec<_>) = check_dialect(desired, self.dialect)
            .into_iter()
            .partition(|problem| problem.severity == Severity::Error);
        if errors.is_empty() {
            Ok(warnings)
        } else {
            Err(errors.into())
        }
    }

    fn needs(&self, desired: &Desired, options: &Options) -> Needs {
        let mut needs = Needs::of(desired, self.dialect);
        for kind in kind::KINDS {
            if options.prune(kind) == Prune::All {
                needs.whole(kind);
            }
        }
        if let Some(ledger) = &options.ledger {
            needs.add_owned(desired, ledger, self.dialect, &|kind| {
                options.prune(kind) != Prune::None
            });
            needs.remembered.clone_from(&ledger.listings);
        }
        for (address, identity) in &options.watched {
            needs.watch(address, identity, self.dialect);
        }
        needs
    }

    /// Reads what is needed, once more where a listing may not show yet what was applied; with what
    /// the ledger owns and does not exist any more. What manifests name by an id is asked for where its
    /// listing does not show it.
    async fn read_owned(
        &self,
        desired: &Desired,
        needs: &Needs,
        options: &Options,
    ) -> Result<(Live, Vec<Address>), SessionError> {
        let mut live = self.read(needs).await?;
        let mut absent = Vec::new();
        if let Some(ledger) = &options.ledger {
            let mut lacking = lacking_in_listings(&live, needs, ledger);
            // Only a listing tells of these kinds, and it may lag behind the last apply.
            let settled_at = ledger
                .applied_at
                .min(self.clock.now_ms())
                .saturating_add(i64::try_from(self.settle.as_millis()).unwrap_or(i64::MAX));
            let left = settled_at.saturating_sub(self.clock.now_ms());
            if let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0)
                && !lacking.is_empty()
            {
                tracing::warn!(
                    "a listing may lag behind the last apply; waiting for {} s",
                    left.div_ceil(1000)
                );
                self.clock.sleep(Duration::from_millis(left)).await;
                live = self.read(needs).await?;
                lacking = lacking_in_listings(&live, needs, ledger);
            }
            let fetched = fetch_missing(&self.client.reader(), &mut live, needs, ledger).await;
            absent = self.or_unread(fetched).await?;
            let gone = lacking.into_iter().filter(|(_, whole)| *whole);
            absent.extend(gone.map(|(address, _)| address));
        }
        let named = fetch_named(
            &self.client.reader(),
            &mut live,
            desired,
            options.ledger.as_ref(),
        )
        .await;
        self.or_unread(named).await?;
        Ok((live, absent))
    }

    /// Reads what listings lack of what is compared, and asks what checks ask; with the warnings about what
    /// has no answer.
    async fn complete_bound(
        &self,
        desired: &Desired,
        live: &mut Live,
        rows: &mut Rows,
    ) -> Result<Vec<Problem>, SessionError> {
        let lacking = incomplete(rows, live);
        let reader = self.client.reader();
        let completed = complete(&reader, live, &lacking).await;
        self.or_unread(completed).await?;
        let apart = lacking_apart(rows, live);
        let completed = complete_apart(&reader, live, apart).await;
        self.or_unread(completed).await?;
        let referred = referred(rows, live);
        let fetched = fetch(&reader, live, referred).await;
        self.or_unread(fetched).await?;
        let asked = ask(&reader, live, desired, rows).await;
        self.or_unread(asked).await
    }

    async fn or_unread<T>(&self, read: Result<T, Vec<Unread>>) -> Result<T, SessionError> {
        match read {
            Ok(read) => Ok(read),
            Err(unread) => Err(SessionError::Unread(
                Box::pin(told_apart(&self.client.reader(), unread)).await,
            )),
        }
    }

    /// Reads whole every object that a listing shows in part, for an export.
    ///
    /// # Errors
    /// [`SessionError`] when one of them cannot be read.
    pub async fn complete_all(&self, live: &mut Live) -> Result<(), SessionError> {
        let all = kind::KINDS.iter().map(|kind| kind.collection);
        self.complete_chosen(live, &all.collect()).await
    }

    /// Reads whole every object of the chosen kinds that a listing shows in part, and finds out what
    /// they refer to in vain, for an export.
    ///
    /// # Errors
    /// [`SessionError`] when one of them cannot be read.
    pub async fn complete_chosen(
        &self,
        live: &mut Live,
        chosen: &BTreeSet<&'static str>,
    ) -> Result<(), SessionError> {
        let mut lacking = partial(live);
        lacking.retain(|index| {
            let object = live.objects.get(*index);
            object.is_some_and(|object| chosen.contains(object.kind.collection))
        });
        let reader = self.client.reader();
        let completed = complete(&reader, live, &lacking).await;
        self.or_unread(completed).await?;
        let mut apart = all_apart(live);
        apart.retain(|(index, _)| {
            let object = live.objects.get(*index);
            object.is_some_and(|object| chosen.contains(object.kind.collection))
        });
        let completed = complete_apart(&reader, live, apart).await;
        self.or_unread(completed).await?;
        let of = |kind: &Kind| chosen.contains(kind.collection);
        let proved = prove_referred(&reader, live, &of).await;
        self.or_unread(proved).await
    }

    /// Reads what is needed.
    ///
    /// # Errors
    /// [`SessionError`] when a kind cannot be read or a scope for it is missing.
    pub async fn read(&self, needs: &Needs) -> Result<Live, SessionError> {
        let reader = self.client.reader();
        let way = if self.client.authenticator().is_of_nobody() {
            "add it to `scope` under `credentials` in deskform.yaml"
        } else {
            "make a new grant code with that scope; refreshing a token never adds one"
        };
        if let Some(granted) = reader.scopes() {
            let problems: Vec<Problem> = needs
                .scopes(self.dialect)
                // What a check may not ask is warned about where it is asked.
                .filter(|(collection, _)| !kind::find(collection).is_some_and(Kind::is_check))
                .filter(|(_, any)| !scope::missing(&granted, &[&any.join("|")]).is_empty())
                .map(|(collection, any)| {
                    Problem::error(
                        Code::ScopeMissing,
                        format!(
                            "the token lacks a scope to read {collection}: {}",
                            alternatives(any)
                        ),
                    )
                    .help(way)
                })
                .collect();
            if !problems.is_empty() {
                return Err(problems.into());
            }
        }
        let mut live = Live::new(self.dialect);
        if needs.needs_acting_agent() {
            live.acting = self.acting_agent().await?;
        }
        let done = read(&reader, &mut live, needs).await;
        self.or_unread(done).await?;
        for choice in &live.choices {
            tracing::info!("{choice}");
        }
        Ok(live)
    }

    fn missing_scopes(&self, planned: &Planned) -> Vec<String> {
        let Some(granted) = self.client.reader().scopes() else {
            return Vec::new();
        };
        let mut missing = Vec::new();
        for task in &planned.tasks {
            let Some(api) = task.kind.api(self.dialect) else {
                continue;
            };
            let lists: &[&[&str]] = match task.verb {
                Verb::Create => &[api.scopes.create],
                // Taking out of use is an update in Zoho's eyes.
                Verb::Update | Verb::Disable => &[api.scopes.update],
                Verb::Delete => &[api.scopes.delete],
                Verb::Replace => &[api.scopes.create, api.scopes.delete],
                Verb::Manual => &[],
            };
            for any in lists {
                if !scope::missing(&granted, &[&any.join("|")]).is_empty() {
                    let words = format!(
                        "{} ({} {})",
                        alternatives(any),
                        task.verb.as_str(),
                        task.kind.collection
                    );
                    if !missing.contains(&words) {
                        missing.push(words);
                    }
                }
            }
        }
        missing
    }
}

/// Warns of removing whoever might be the acting one, where the API refused to tell who that is.
fn may_be_acting(planned: &Planned, live: &Live) -> Vec<Problem> {
    let (Acting::Refused(why), Some(kind)) = (&live.acting, kind::acting()) else {
        return Vec::new();
    };
    let removed = planned.tasks.iter().filter(|task| {
        task.kind.collection == kind.collection && matches!(task.verb, Verb::Disable | Verb::Delete)
    });
    let warnings = removed.map(|task| {
        Problem::warning(
            Code::NoActingAgent,
            format!(
                "`{}` is removed, and nobody knows whether it is the {} in whose name deskform works: {why}",
                task.address, kind.singular
            ),
        )
        .help(format!(
            "make sure that the token is another one's, or grant it {}",
            kind::acting_scopes(live.dialect)
        ))
    });
    warnings.collect()
}

fn since(begun_ms: i64, clock: &Clock) -> u64 {
    u64::try_from(clock.now_ms().saturating_sub(begun_ms)).unwrap_or(0)
}

fn alternatives(any: &[&str]) -> String {
    let ticked: Vec<String> = any.iter().map(|scope| format!("`{scope}`")).collect();
    ticked.join(" or ")
}

/// Which dialect the API speaks: the headers of its answers decide.
async fn detect(reader: &Reader, stated: Option<Dialect>) -> Result<Dialect, SessionError> {
    let seen = reader.observed().dialect;
    match (stated, seen) {
        (Some(stated), Some(seen)) if stated != seen => Err(vec![
            Problem::error(
                Code::WrongDialect,
                format!("`dialect: {stated}` is stated, but the server's answers carry the headers of `{seen}`"),
            )
            .help("correct `dialect`, or leave it out so that it is detected"),
        ]
        .into()),
        (Some(dialect), _) | (None, Some(dialect)) => Ok(dialect),
        (None, None) => probe(reader).await,
    }
}

/// Asks for the listing that one dialect has alone.
async fn probe(reader: &Reader) -> Result<Dialect, SessionError> {
    let (has, path) = kind::TELLING;
    match reader.get(&Request::new(Method::Get, path)).await {
        Ok(_) => Ok(reader.observed().dialect.unwrap_or(has)),
        // Who may not read it shows that it is there; a web page shows nothing.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Forbidden | ErrorKind::ScopeMissing | ErrorKind::LicenseLimited
            ) =>
        {
            Ok(has)
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::MethodNotAllowed
            ) =>
        {
            let mut others = Dialect::ALL.into_iter().filter(|one| *one != has);
            match others.next() {
                Some(other) if !reader.is_official() => Ok(other),
                _ => Err(vec![
                    Problem::error(
                        Code::DialectUnknown,
                        format!("the server shows neither limit headers nor `GET {path}`, so the dialect of its API is not known"),
                    )
                    .help("state it in deskform.yaml: `dialect: openapi` or `dialect: guide`"),
                ]
                .into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}
