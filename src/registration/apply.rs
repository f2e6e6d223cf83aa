//! Does what a plan says, reads again what is there, and plans anew, until nothing is left.
//!
//! Invariant: what a step needs was read after the last step that could have changed it. So a run that broke off is
//! finished by the next one, and what somebody else did meanwhile is no error.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::advice;
use super::client::{ApiError, Client, Content, segment};
use super::model::{Settings, Subject, api_id};
use super::plan::{Group, Plan, PlanError, Published, Sign, Step, plan};
use super::present::{self, Present, REGISTERED};
use super::wanted::Wanted;
use super::wire::Deviation;

/// How often a registration's status is asked for: soon at first, since it may be approved automatically.
const POLL_FIRST: Duration = Duration::from_millis(250);
const POLL_MAX: Duration = Duration::from_secs(10);

/// So often the plan is made anew: a subsystem, its registration, its WSDL and a refresh need fewer.
const ROUNDS_MAX: usize = 12;

/// Why not everything was done. What was done before stays.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("cannot read what is there: {0}")]
    Read(#[source] ApiError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("cannot {step}: {source}")]
    Step { step: String, source: ApiError },
    #[error(
        "cannot {step}, because the security server warns:\n{}{}",
        explained(warnings),
        accepting(warnings)
    )]
    Warnings {
        step: String,
        warnings: Vec<Deviation>,
    },
    #[error(
        "the subsystem is not registered after {waited_s} s (security_server.registration_wait_s), its status is \
         {status}: run the command again when the central server's operator has approved it"
    )]
    NotRegistered { waited_s: u64, status: String },
    #[error(
        "cannot {step}: it needs what a step before it should have made, which is a defect of this program"
    )]
    OutOfOrder { step: String },
    #[error(
        "something else than what was shown would have to be done now; look at the plan again: {}",
        .0.join("; ")
    )]
    Changed(Vec<String>),
    #[error("the security server does not keep what it was told; still to be done: {}", .0.join("; "))]
    Unsettled(Vec<String>),
}

fn explained(warnings: &[Deviation]) -> String {
    let explain = |warning: &Deviation| {
        let metadata = warning.metadata.iter().flatten();
        let metadata: String = metadata.map(|text| format!(" ({text})")).collect();
        let meaning = advice::of_warning(&warning.code);
        format!("  {}{metadata}: {meaning}\n", warning.code)
    };
    warnings.iter().map(explain).collect()
}

fn accepting(warnings: &[Deviation]) -> String {
    let flags: Vec<String> = warnings
        .iter()
        .map(|warning| format!("--accept-warning {}", warning.code))
        .collect();
    format!(
        "nothing of this step was done; if that is as it should be, add {}",
        flags.join(" ")
    )
}

/// What a run may do and whom it tells.
pub struct Apply<'a> {
    pub client: &'a mut Client,
    pub wanted: &'a Wanted,
    /// The plan that somebody agreed to.
    pub agreed: &'a Plan,
    /// Codes of warnings that are passed over.
    pub accepted: &'a [String],
    pub registration_wait_s: u64,
    /// Is told each step before it is done.
    pub tell: &'a mut dyn FnMut(&str),
}

/// Whether the plan still holds after a step.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    /// The step brought what later steps are about.
    ReadAgain,
}

impl Apply<'_> {
    /// Runs until nothing is left, and tells how many steps were done.
    pub async fn run(&mut self, mut published: Published<'_>) -> Result<usize, ApplyError> {
        let mut done = 0;
        let mut rounds = 0;
        let mut before: Option<Plan> = None;
        loop {
            let subjects = self.wanted.rights.iter().map(|right| &right.subject);
            let read = present::read(self.client, &self.wanted.client, subjects).await;
            let present = read.map_err(ApplyError::Read)?;
            let plan = plan(self.wanted, &present, published)?;
            if plan.steps.is_empty() {
                return Ok(done);
            }
            let not_agreed = self.not_agreed(&plan, before.is_none());
            if !not_agreed.is_empty() {
                return Err(ApplyError::Changed(not_agreed));
            }
            rounds += 1;
            let is_the_same = before.is_some_and(|before| before.steps == plan.steps);
            if is_the_same || rounds > ROUNDS_MAX {
                let steps = plan.steps.iter().map(Step::title);
                return Err(ApplyError::Unsettled(steps.collect()));
            }
            for step in &plan.steps {
                (self.tell)(&step.title());
                let next = self.perform(step, &present).await?;
                done += 1;
                if is_reading(step) {
                    published = Published::JustRead;
                }
                if next == Next::ReadAgain {
                    break;
                }
            }
            before = Some(plan);
        }
    }

    /// Steps that nobody was shown: of the first plan any, of later ones those that take something away.
    fn not_agreed(&self, plan: &Plan, is_first: bool) -> Vec<String> {
        let new = plan
            .steps
            .iter()
            .filter(|step| !self.agreed.steps.contains(step));
        new.filter(|step| is_first || step.sign() == Sign::Removed)
            .map(Step::title)
            .collect()
    }

    async fn perform(&mut self, step: &Step, present: &Present) -> Result<Next, ApplyError> {
        let subsystem = format!("/clients/{}", segment(&api_id(&self.wanted.client)));
        match step {
            Step::CreateSubsystem => {
                let body = self.new_subsystem();
                self.change(step, Method::POST, "/clients", body).await?;
                return Ok(Next::ReadAgain);
            }
            Step::Register => {
                let path = format!("{subsystem}/register");
                self.send(step, Method::PUT, &path, Content::Nothing)
                    .await?;
                self.await_registration(step).await?;
                return Ok(Next::ReadAgain);
            }
            Step::AwaitRegistration => {
                self.await_registration(step).await?;
                return Ok(Next::ReadAgain);
            }
            Step::SetConnectionType { to, .. } => {
                let body = json!({"connection_type": to});
                self.send(step, Method::PATCH, &subsystem, Content::Json(body))
                    .await?;
            }
            Step::UploadCertificate { index, .. } => {
                let own = self.wanted.certificates.get(*index);
                let pem = own.and_then(|own| own.certificate.to_pem().ok());
                let content = Content::File(pem.ok_or_else(|| out_of_order(step))?);
                let path = format!("{subsystem}/tls-certificates");
                self.send(step, Method::POST, &path, content).await?;
            }
            Step::RemoveCertificate { sha256, .. } => {
                let path = format!("{subsystem}/tls-certificates/{sha256}");
                self.send(step, Method::DELETE, &path, Content::Nothing)
                    .await?;
            }
            Step::Give(group) => self.rights(step, group, present, "").await?,
            Step::Take(group) => self.rights(step, group, present, "/delete").await?,
            _ => return self.perform_on_description(step, &subsystem).await,
        }
        Ok(Next::GoOn)
    }

    async fn perform_on_description(
        &mut self,
        step: &Step,
        subsystem: &str,
    ) -> Result<Next, ApplyError> {
        let path = |id: &str| format!("/service-descriptions/{}", segment(id));
        match step {
            Step::AddDescription { url, .. } => {
                let body = json!({"url": url, "type": "WSDL"});
                let path = format!("{subsystem}/service-descriptions");
                self.change(step, Method::POST, &path, body).await?;
                return Ok(Next::ReadAgain);
            }
            Step::ChangeUrl {
                description, to, ..
            } => {
                let body = json!({"url": to, "type": "WSDL"});
                self.change(step, Method::PATCH, &path(description), body)
                    .await?;
                return Ok(Next::ReadAgain);
            }
            Step::Refresh { description, .. } => {
                let path = format!("{}/refresh", path(description));
                self.change(step, Method::PUT, &path, json!({})).await?;
                return Ok(Next::ReadAgain);
            }
            Step::SetService { id, to, .. } => {
                let id = id.as_ref().ok_or_else(|| out_of_order(step))?;
                let path = format!("/services/{}", segment(id));
                self.change(step, Method::PATCH, &path, service(to)).await?;
            }
            Step::Disable {
                description,
                notice,
            } => {
                let body = Content::Json(json!({"disabled_notice": notice}));
                let path = format!("{}/disable", path(description));
                self.send(step, Method::PUT, &path, body).await?;
            }
            Step::Enable { description } => {
                let id = description.as_ref().ok_or_else(|| out_of_order(step))?;
                let path = format!("{}/enable", path(id));
                self.send(step, Method::PUT, &path, Content::Nothing)
                    .await?;
            }
            _ => return Err(out_of_order(step)),
        }
        Ok(Next::GoOn)
    }

    fn new_subsystem(&self) -> Value {
        let id = &self.wanted.client;
        let mut client = json!({
            "member_class": id.member_class,
            "member_code": id.member_code,
            "subsystem_code": id.subsystem_code,
        });
        if let Some(name) = &self.wanted.name {
            client["subsystem_name"] = json!(name);
        }
        if let Some(kind) = self.wanted.connection_type {
            client["connection_type"] = json!(kind);
        }
        json!({"client": client})
    }

    /// Sends a request whose warnings can be passed over, first without and then, if all of them were accepted, with
    /// that.
    async fn change(
        &mut self,
        step: &Step,
        method: Method,
        path: &str,
        mut body: Value,
    ) -> Result<(), ApplyError> {
        body["ignore_warnings"] = json!(false);
        let content = Content::Json(body.clone());
        let warnings = match self.client.send(method.clone(), path, content).await {
            Err(ApiError::Refused(refusal)) if refusal.code() == "warnings_detected" => {
                refusal.warnings
            }
            answer => return settled(step, answer.map(drop)),
        };
        let is_accepted = |warning: &Deviation| self.accepted.contains(&warning.code);
        if warnings.is_empty() || !warnings.iter().all(is_accepted) {
            return Err(ApplyError::Warnings {
                step: step.title(),
                warnings,
            });
        }
        (self.tell)(&format!(
            "passed over as told:\n{}",
            explained(&warnings).trim_end()
        ));
        body["ignore_warnings"] = json!(true);
        self.send(step, method, path, Content::Json(body)).await
    }

    async fn send(
        &mut self,
        step: &Step,
        method: Method,
        path: &str,
        content: Content,
    ) -> Result<(), ApplyError> {
        let answer = self.client.send(method, path, content).await;
        settled(step, answer.map(drop))
    }

    /// Gives or takes the rights of one subject: in one request, or one by one where some of them are as they should
    /// be already, since the security server then refuses all.
    async fn rights(
        &mut self,
        step: &Step,
        group: &Group,
        present: &Present,
        action: &str,
    ) -> Result<(), ApplyError> {
        let id = subject_id(&group.subject, present).ok_or_else(|| out_of_order(step))?;
        let path = format!(
            "/clients/{}/service-clients/{}/access-rights{action}",
            segment(&api_id(&self.wanted.client)),
            segment(&id)
        );
        let body = |codes: &[String]| {
            let codes = codes.iter().map(|code| json!({"service_code": code}));
            Content::Json(json!({"items": codes.collect::<Vec<_>>()}))
        };
        let content = body(&group.services);
        let answer = self.client.send(Method::POST, &path, content).await;
        if !matches!(&answer, Err(error) if is_done(step, error)) {
            return settled(step, answer.map(drop));
        }
        for code in &group.services {
            let content = body(std::slice::from_ref(code));
            self.send(step, Method::POST, &path, content).await?;
        }
        Ok(())
    }

    async fn await_registration(&mut self, step: &Step) -> Result<(), ApplyError> {
        let waited_s = self.registration_wait_s;
        let end = Instant::now() + Duration::from_secs(waited_s);
        let mut pause = POLL_FIRST;
        loop {
            let status = present::read_status(self.client, &self.wanted.client).await;
            let status = status.map_err(|source| ApplyError::Step {
                step: step.title(),
                source,
            })?;
            let status = status.unwrap_or_else(|| "not there".to_owned());
            if status == REGISTERED {
                return Ok(());
            }
            if Instant::now() + pause > end {
                return Err(ApplyError::NotRegistered { waited_s, status });
            }
            sleep(pause).await;
            pause = (pause * 2).min(POLL_MAX);
        }
    }
}

/// Steps by which the security server reads the WSDL.
fn is_reading(step: &Step) -> bool {
    use Step::{AddDescription, ChangeUrl, Refresh};
    matches!(
        step,
        AddDescription { .. } | ChangeUrl { .. } | Refresh { .. }
    )
}

fn out_of_order(step: &Step) -> ApplyError {
    ApplyError::OutOfOrder { step: step.title() }
}

/// What was done already counts as done: what is there is read again before anything rests on it.
fn settled(step: &Step, answer: Result<(), ApiError>) -> Result<(), ApplyError> {
    match answer {
        Err(error) if !is_done(step, &error) => Err(ApplyError::Step {
            step: step.title(),
            source: error,
        }),
        _ => Ok(()),
    }
}

fn is_done(step: &Step, error: &ApiError) -> bool {
    let ApiError::Refused(refusal) = error else {
        return false;
    };
    matches!(
        (step, refusal.code()),
        (Step::CreateSubsystem, "client_already_exists")
            | (Step::Register, "action_not_possible")
            | (Step::UploadCertificate { .. }, "certificate_already_exists")
            | (Step::AddDescription { .. }, "wsdl_exists")
            | (Step::Give(_), "duplicate_accessright")
            | (Step::Take(_), "accessright_not_found")
            | (Step::RemoveCertificate { .. }, "certificate_not_found")
    )
}

fn service(settings: &Settings) -> Value {
    json!({
        "url": settings.url,
        "timeout": settings.timeout_s,
        "ssl_auth": settings.verify_tls,
    })
}

fn subject_id(subject: &Subject, present: &Present) -> Option<String> {
    match subject {
        Subject::Subsystem(client) => Some(api_id(client)),
        Subject::GlobalGroup { instance, code } => Some(format!("{instance}:{code}")),
        Subject::LocalGroup { code } => {
            let subsystem = present.subsystem.as_ref()?;
            subsystem.local_groups.get(code).cloned()
        }
    }
}
